import { quietUntil } from '../../app/quiet.ts';
import type { StateDecision } from '../../app/state-ports.ts';
import type { StateAt } from '../../app/state-reading.ts';
import { epochMs, timestamp } from '../../model/instant.ts';
import type { Project } from '../../model/project.ts';

/** Whether the newest commit of a state would have said that a wake-up at this instant has nothing to do. */
export function isHeadQuiet(project: Project, { read, now }: Pick<StateAt, 'read' | 'now'>): boolean {
  const { view } = read;
  if (view.at === undefined) return false;
  const at = epochMs(view.at);
  const quiet = quietUntil({ project, view, now: at, code: view.codeCommit?.commit });
  return quiet !== undefined && now >= at && now < quiet.until;
}

/**
 * Whether somebody looks at the head that they saw first: a wake-up believes no other. Later ones may be quiet while its own
 * run goes on, where others have taken it for lost.
 */
export function isFirstLook(firstSeen: WeakMap<object, number>, who: object, { read }: Pick<StateAt, 'read'>): boolean {
  const { seq } = read.view;
  if (!firstSeen.has(who)) firstSeen.set(who, seq);
  return firstSeen.get(who) === seq;
}

/** What a wake-up must not have decided at a quiet head, as a sentence; undefined = it decided nothing, as it was said. */
export function quietBreach(
  project: Project,
  state: Pick<StateAt, 'read' | 'now'>,
  decision: Pick<StateDecision<unknown>, 'kind'> & { readonly events?: readonly { readonly type: string }[] },
): string | undefined {
  if (decision.kind !== 'commit' || !isHeadQuiet(project, state)) return undefined;
  // Journals on a machine's own disk are looked for before a head is believed.
  if (decision.events?.some(({ type }) => type === 'journal.adopted')) return undefined;
  const types = [...new Set(decision.events?.map(({ type }) => type))].join(', ');
  return `commit ${state.read.view.seq} said that nothing is due at ${timestamp(state.now)}, and a wake-up recorded ${types}`;
}
