import { fail, ok, type Result } from '../base/result.ts';
import type { BackfillRecord } from '../model/state.ts';
import { isBackfillOver } from '../state/backfill-fold.ts';
import { type AppFailure, inputFailure, outsideFailure } from './failure.ts';

/** A backfill by its id, or by a beginning that only one has. */
export function findBackfill(
  backfills: ReadonlyMap<string, BackfillRecord> | undefined,
  text: string,
): Result<BackfillRecord, AppFailure> {
  const all = [...(backfills?.values() ?? [])];
  const fitting = all.filter(({ backfill }) => backfill.startsWith(text));
  const exact = backfills?.get(text) ?? (fitting.length === 1 ? fitting[0] : undefined);
  return exact ? ok(exact) : fail(unknownBackfill(text, fitting.length > 1 ? fitting : all));
}

/** There is none of that id; the newest ones are named. */
export function unknownBackfill(text: string, known: readonly BackfillRecord[]): AppFailure {
  const names = known
    .slice(-5)
    .map((record) => `${record.backfill}${isBackfillOver(record) ? ` (${record.state})` : ''}`);
  return inputFailure(
    'unknown-backfill',
    `There is no backfill \`${text}\`.`,
    names.length === 0
      ? 'There never was one here: `branchline backfill start` begins one.'
      : `Known: ${names.join(', ')}.`,
  );
}

/** The refusal of what a backfill that has ended does not do any more. */
export function backfillOver({ backfill, state }: Pick<BackfillRecord, 'backfill' | 'state'>): AppFailure {
  return outsideFailure('backfill-over', `Backfill ${backfill} is over already (${state}).`);
}
