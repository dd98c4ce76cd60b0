import { epochMs, type Timestamp, timestamp, utcDay } from '../model/instant.ts';
import type { RollupCell, StateView } from '../model/state.ts';
import { addCell, type CellDraft, draftCell, finishCell } from '../state/rollup.ts';

/** Lengths of windows in UTC days (semantics.md 11). */
export const WINDOW_DAYS = [1, 7, 28, 90] as const;
export type WindowDays = (typeof WINDOW_DAYS)[number];

const DAY_MS = 86_400_000;

/** The `count` UTC days that end with the day of `at`, oldest first; `back` moves the end that many days earlier. */
export function daysUntil(at: Timestamp, count: number, back = 0): string[] {
  const last = epochMs(`${utcDay(at)}T00:00:00.000Z`) - back * DAY_MS;
  return Array.from({ length: count }, (_, i) => utcDay(timestamp(last - (count - 1 - i) * DAY_MS)));
}

/** Sums over some days, by scope. */
export type Sums = ReadonlyMap<string, RollupCell>;

/** Adds up the cells of these days; days without a roll-up add nothing. */
export function sumDays(days: StateView['days'], wanted: readonly string[]): Sums {
  // One day is its own sum.
  if (wanted.length === 1) return days.get(wanted[0]!) ?? new Map();
  const drafts = new Map<string, CellDraft>();
  for (const day of wanted) {
    for (const [scope, cell] of days.get(day) ?? []) {
      const draft = drafts.get(scope);
      if (draft) addCell(draft, cell);
      else drafts.set(scope, draftCell(cell));
    }
  }
  return new Map([...drafts].map(([scope, draft]) => [scope, finishCell(draft)]));
}

/** The sum of cells; undefined when there are none. */
export function sumCells(cells: readonly RollupCell[]): RollupCell | undefined {
  if (cells.length === 0) return undefined;
  const draft = draftCell(undefined);
  for (const cell of cells) addCell(draft, cell);
  return finishCell(draft);
}
