import { fail, ok, type Result } from '../base/result.ts';
import type { StoreUnreachable } from '../ports-state.ts';
import { OLD_FORMAT } from '../state/layout.ts';
import { dropOlderDays } from '../state/older-days.ts';
import { cutHistory, type HistoryCut, planCut } from '../state/retention.ts';
import type { AppFailure } from './failure.ts';
import { readWholeTree } from './older-days.ts';
import { brokenState, type StateAt, type StatePlace } from './state-reading.ts';

/**
 * What `state.retention` lets go of when history is begun anew at this head; undefined where nothing is old enough. Every
 * event that would go is read and folded first: what does not lead exactly to what stays is a refusal.
 */
export async function cutAt(
  place: StatePlace,
  { read, head, now }: StateAt,
  retentionMs: number | undefined,
): Promise<Result<HistoryCut | undefined, AppFailure | StoreUnreachable>> {
  if (retentionMs === undefined || head.commit === undefined) return ok(undefined);
  const whole = await readWholeTree(place.store, head.commit);
  if (!whole.ok) return whole;
  const { entries, own, history, problems } = whole.value;
  if (problems.length > 0) return fail(brokenState(place.store.label, head.commit, problems));
  const listing = entries.map(({ path }) => path);
  const plan = planCut(listing, { view: read.view, now, retentionMs });
  if (plan === undefined) return ok(undefined);
  const texts = await whole.value.load(plan.paths);
  if (!texts.ok) return texts;
  const { environment } = place;
  const isOldLayout = read.base.layout === OLD_FORMAT;
  const cut = cutHistory(plan, { listing, texts: texts.value, environment, isOldLayout });
  if (!cut.ok) return fail(brokenState(place.store.label, head.commit, cut.error));
  const inTree = new Set(own.map(({ path }) => path));
  return ok({ ...cut.value, files: dropOlderDays(cut.value.files, { own: inTree, history, day: plan.day }) });
}

/** The same for a commit at which a new history is merely due: what cannot go stays, and people are told why. */
export async function dueCut(
  place: StatePlace & { readonly warn: (text: string) => void },
  state: StateAt,
  retentionMs: number | undefined,
): Promise<Result<HistoryCut['files'], StoreUnreachable>> {
  const cut = await cutAt(place, state, retentionMs);
  if (cut.ok) return ok(cut.value?.files ?? new Map());
  if (!('exit' in cut.error)) return fail(cut.error);
  place.warn(`Events older than \`state.retention\` were not dropped. ${cut.error.message}`);
  return ok(new Map());
}
