import type { Json } from '../base/json.ts';

/** A whole number as a JSON number when a double holds it exactly, else as text. */
export function exactInteger(text: string): Json {
  const number = Number(text);
  return Number.isSafeInteger(number) ? number : text;
}

/** A decimal as a JSON number when that number writes back as the same decimal, else as text. */
export function exactDecimal(text: string): Json {
  const number = Number(text);
  if (!Number.isFinite(number)) return text;
  const trimmed = text.includes('.') ? text.replace(/\.?0+$/, '') : text;
  if (number === 0) return 0;
  return String(number) === trimmed ? number : text;
}

/** A floating number; what JSON has no word for becomes text (`NaN`, `Infinity`). */
export function floatValue(value: number): Json {
  return Number.isFinite(value) ? value : String(value);
}

/** `2026-11-22 09:23:00.5+01` → `2026-11-22T09:23:00.5+01:00`: ISO 8601 as other programs read it. */
export function isoTimestamp(text: string): string {
  const parts = /^(\d{4,}-\d\d-\d\d) (\d\d:.*?)([+-]\d\d)?$/.exec(text);
  if (!parts) return text;
  return `${parts[1]}T${parts[2]}${parts[3] === undefined ? '' : `${parts[3]}:00`}`;
}
