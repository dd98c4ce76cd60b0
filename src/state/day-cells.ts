import type { RollupCell } from '../model/state.ts';
import { COUNT } from './json-patterns.ts';
import { areLate } from './late-records.ts';
import { type Check, count, describe } from './shape.ts';
import { isSketch, SKETCH_PATTERN } from './sketch.ts';

// A cell as a list: names of its fields for each scope and day would be most of a file of many days.

/** Its fields in their order; absent ones at the end are left out, others are 0 or an empty text. */
const COUNTS = ['materialized', 'failed', 'checksPassed', 'checksExecuted', 'runs', 'runsSucceeded'] as const;
const SKETCHES = ['durations', 'lateness'] as const;
const BILLED = ['billedMs', 'microUsd', 'unpricedMs'] as const;
const FIELDS: readonly (keyof RollupCell)[] = [...COUNTS, ...SKETCHES, ...BILLED];
const SKETCHES_AT = COUNTS.length;
const BILLED_AT = SKETCHES_AT + SKETCHES.length;

type ListedCell = readonly (number | string)[];
/** The cells of one scope, a day each; null where it has none. */
export type ListedCells = readonly (ListedCell | null)[];

/** A cell as a list. */
export function listCell(cell: RollupCell): ListedCell {
  const values = FIELDS.map((field, i) => cell[field] ?? (i < SKETCHES_AT || i >= BILLED_AT ? 0 : ''));
  const last = FIELDS.findLastIndex((field, i) => i < SKETCHES_AT || cell[field] !== undefined);
  return values.slice(0, last + 1);
}

function cellOf(listed: ListedCell): RollupCell {
  const cell: Partial<Record<keyof RollupCell, number | string>> = {};
  for (let i = 0; i < listed.length; i++) {
    const value = listed[i]!;
    if (i < SKETCHES_AT || (value !== 0 && value !== '')) cell[FIELDS[i]!] = value;
  }
  return cell as RollupCell;
}

const SKETCH = `(?:""|${SKETCH_PATTERN})`;
const LISTED = `\\[${COUNT}(?:,${COUNT}){${SKETCHES_AT - 1}}(?:,${SKETCH}(?:,${SKETCH}(?:,${COUNT}){0,${BILLED.length}})?)?\\]`;

function wrongIn(listed: unknown): string | undefined {
  if (!Array.isArray(listed)) return `expected a list, found ${describe(listed)}`;
  if (listed.length < SKETCHES_AT || listed.length > FIELDS.length)
    return `expected ${SKETCHES_AT} to ${FIELDS.length} values, found ${listed.length}`;
  for (const [i, value] of (listed as unknown[]).entries()) {
    const isText = i >= SKETCHES_AT && i < BILLED_AT;
    if (isText && value !== '' && !(typeof value === 'string' && isSketch(value)))
      return `${FIELDS[i]!}: expected a sketch such as 1:2s 3*2`;
    const wrong = isText ? undefined : count.test(value);
    if (wrong !== undefined) return `${FIELDS[i]!}: ${wrong}`;
  }
  return undefined;
}

/** A list of cells of so many days at most. */
export function listedCells(daysMax: number): Check {
  return {
    pattern: () => `\\[(?:null|${LISTED})(?:,(?:null|${LISTED})){0,${daysMax - 1}}\\]`,
    test(value) {
      if (!Array.isArray(value) || value.length === 0 || value.length > daysMax)
        return `expected a list of 1 to ${daysMax} days, found ${Array.isArray(value) ? value.length : describe(value)}`;
      for (const [i, listed] of (value as unknown[]).entries()) {
        const wrong = listed === null ? undefined : wrongIn(listed);
        if (wrong !== undefined) return `[${i}]: ${wrong}`;
      }
      return undefined;
    },
  };
}

/** The cells of the day at this place, by scope. Of records that are late nothing is made until somebody asks. */
export function cellsAt(scopes: ReadonlyMap<string, ListedCells>, place: number): ReadonlyMap<string, RollupCell> {
  return areLate(scopes) ? new LateDay(scopes, place) : makeDay(scopes, place);
}

function makeDay(scopes: ReadonlyMap<string, ListedCells>, place: number): Map<string, RollupCell> {
  const cells = new Map<string, RollupCell>();
  for (const [scope, days] of scopes) {
    const listed = days[place];
    if (listed) cells.set(scope, cellOf(listed));
  }
  return cells;
}

class LateDay implements ReadonlyMap<string, RollupCell> {
  readonly #scopes: ReadonlyMap<string, ListedCells>;
  readonly #place: number;
  #made: Map<string, RollupCell> | undefined;

  constructor(scopes: ReadonlyMap<string, ListedCells>, place: number) {
    this.#scopes = scopes;
    this.#place = place;
  }

  get #cells(): Map<string, RollupCell> {
    this.#made ??= makeDay(this.#scopes, this.#place);
    return this.#made;
  }

  get(scope: string): RollupCell | undefined {
    return this.#cells.get(scope);
  }

  has(scope: string): boolean {
    return this.#cells.has(scope);
  }

  get size(): number {
    return this.#cells.size;
  }

  entries(): MapIterator<[string, RollupCell]> {
    return this.#cells.entries();
  }

  keys(): MapIterator<string> {
    return this.#cells.keys();
  }

  values(): MapIterator<RollupCell> {
    return this.#cells.values();
  }

  [Symbol.iterator](): MapIterator<[string, RollupCell]> {
    return this.entries();
  }

  forEach(each: (cell: RollupCell, scope: string, map: ReadonlyMap<string, RollupCell>) => void): void {
    for (const [scope, cell] of this.#cells) each(cell, scope, this);
  }
}
