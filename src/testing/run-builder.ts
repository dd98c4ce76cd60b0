import { type ClaimDecision, type ClaimInput, decideClaim } from '../app/claim-run.ts';
import type { ExecuteInput } from '../app/execute.ts';
import { buildPlanning } from '../app/planning.ts';
import type { BranchlineEvent, EventDraft, Holder } from '../model/events.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { emptyView, fold } from '../state/fold.ts';
import { projectOf, sourceTreeOf } from './project-builder.ts';

/** All assets, made whatever they are, as a person asks for them at an instant. */
export function requestOfAll(at: EpochMs): Extract<RunRequest, { kind: 'cli' }> {
  const rest = { selection: '*', mode: 'all', withUpstream: false, ignoreBlocking: false } as const;
  return { kind: 'cli', nonce: '00', at: timestamp(at), ...rest };
}

/** A job of a workflow that carries out a run alone. */
export const workflowHolder = (job: string): Holder => ({
  kind: 'workflow',
  workflow: '7',
  attempt: 1,
  job,
  wholeRun: true,
});

/** Decides on a run of these manifests where nothing is lost, no database file is kept and no driver is missing. */
export async function claimOf(
  files: Readonly<Record<string, string>>,
  now: EpochMs,
  more: Partial<ClaimInput> = {},
): Promise<ClaimDecision> {
  const decided = await decideClaim({
    planning: buildPlanning(projectOf(files), sourceTreeOf(files)),
    view: emptyView('production'),
    now,
    environment: 'production',
    request: requestOfAll(now),
    tags: {},
    holder: workflowHolder('tick'),
    writer: 'w',
    maxParallel: 1,
    findLost: async () => new Map(),
    keptFile: () => undefined,
    prepareEngines: async () => undefined,
    ...more,
  });
  if (!decided.ok) throw new Error(decided.error.message);
  return decided.value;
}

/** The claim of a run that is to be carried out. */
export function mustClaim(decision: ClaimDecision): Extract<ClaimDecision, { kind: 'claimed' }> {
  if (decision.kind !== 'claimed') throw new Error(JSON.stringify(decision));
  return decision;
}

/** The view after one more commit, which has these events. */
export function afterCommit(view: StateView, events: readonly BranchlineEvent[], at: EpochMs): StateView {
  const next = fold(view, { seq: view.seq + 1, writer: 'w', tx: view.seq + 1, at: timestamp(at), events });
  if (!next.ok) throw new Error(next.error.message);
  return next.value;
}

/** Drafts as one commit numbers them: each run in its stream, what is of no run in the writer's. */
export function numberedIn({ streams }: StateView, drafts: readonly EventDraft[]): readonly BranchlineEvent[] {
  const last = new Map(streams);
  return drafts.flatMap((draft) => {
    const stream = draft.run === undefined ? 'w' : runStream(draft.run, 1);
    const numbered = numberEvents(stream, last.get(stream) ?? 0, [draft]);
    last.set(stream, (last.get(stream) ?? 0) + 1);
    return numbered;
  });
}

/** What carrying a plan out takes beside the plan, its steps and a clock: one step at a time, and nobody who looks on. */
export function aloneOneByOne(
  deps: (asset: AssetKey) => readonly AssetKey[] = () => [],
): Pick<ExecuteInput, 'options' | 'synced' | 'signal' | 'pauseMs' | 'onPause'> {
  return {
    options: {
      maxParallel: 1,
      failFast: false,
      exclusive: new Map(),
      deps,
      blockingChecks: () => [],
      ignoreBlocking: false,
    },
    synced: async () => undefined,
    signal: new AbortController().signal,
    pauseMs: 60_000,
    onPause: () => undefined,
  };
}
