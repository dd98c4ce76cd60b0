import { canonicalJson } from '../../base/json.ts';
import { sortedUnique } from '../../base/order.ts';
import type { ValueChange } from '../../model/changes.ts';
import { countLines } from './lines.ts';

/** Characters of a value that a comparison keeps: it is for people, and goes into comments. */
const SHOWN_MAX = 300;

/** A value as one line for people: text as it is, lists with commas, anything else as JSON. */
export function shownValue(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : Array.isArray(value) && value.every((item) => typeof item === 'string')
        ? value.join(', ')
        : canonicalJson(value);
  const line = text.replace(/\s+/g, ' ').trim();
  if (line.length <= SHOWN_MAX) return line;
  // Never half of a surrogate pair.
  return `${line.slice(0, SHOWN_MAX - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

/** A value that is undefined where it is not set; no change when both mean the same. */
export function valueChange(what: string, before: unknown, after: unknown): readonly ValueChange[] {
  if (before === undefined && after === undefined) return [];
  if (before === undefined) return [{ what, kind: 'added', after: shownValue(after) }];
  if (after === undefined) return [{ what, kind: 'removed', before: shownValue(before) }];
  if (canonicalJson(before) === canonicalJson(after)) return [];
  return [{ what, kind: 'changed', before: shownValue(before), after: shownValue(after) }];
}

/** A text, by its lines when either side has several. */
export function textChange(
  what: string,
  before: string | undefined,
  after: string | undefined,
  file?: string,
): readonly ValueChange[] {
  if (before === after) return [];
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const isLong = [before, after].some((text) => text?.trimEnd().includes('\n') === true);
  if (!isLong && file === undefined) return valueChange(what, before, after);
  return [{ what, kind, lines: countLines(before ?? '', after ?? ''), ...(file === undefined ? {} : { file }) }];
}

/** Two mappings, key by key. */
export function mapChanges(
  before: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>>,
  nameOf: (key: string) => string,
): readonly ValueChange[] {
  return sortedUnique([...Object.keys(before), ...Object.keys(after)]).flatMap((key) =>
    valueChange(nameOf(key), ownValue(before, key), ownValue(after, key)),
  );
}

/** Two sets of names: each one that came or went. */
export function setChanges(before: readonly string[], after: readonly string[]): readonly ValueChange[] {
  return sortedUnique([...before, ...after]).flatMap((what): readonly ValueChange[] => {
    if (before.includes(what) === after.includes(what)) return [];
    return [{ what, kind: after.includes(what) ? 'added' : 'removed' }];
  });
}

/** A key named `constructor` is a name like any other. */
function ownValue(of: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(of, key) ? of[key] : undefined;
}
