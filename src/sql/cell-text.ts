import type { Json } from '../base/json.ts';

/** A value of a row as text: a catalog's names and types arrive as texts. Null and what is not there are empty. */
export function cellText(value: Json | undefined): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}
