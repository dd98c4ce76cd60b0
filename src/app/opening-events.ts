import type { BranchlineEvent, EventDraft, Uncommitted } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { Plan, RunRequest } from '../model/plan.ts';
import type { StateView } from '../model/state.ts';
import { conclude, initialProgress } from '../run/progress.ts';
import { type ResumedRun, resumeProgress } from '../run/resume.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import type { ClaimInput } from './claim-run.ts';
import { recordPlannedSkips } from './execute.ts';
import { type Look, lookDrafts } from './recorded-losses.ts';

/** The epoch in which a run goes on: that of whoever gave it back. */
export function epochOf(view: StateView, run: string): number {
  return view.openRuns.get(run)?.epoch ?? 1;
}

/** `run.requested` (unless the state has it already) and `run.started`. */
export function openingDrafts(input: ClaimInput, plan: Plan, uncommitted?: Uncommitted): EventDraft[] {
  const at = timestamp(input.now);
  const { project } = input.planning;
  const drafts: EventDraft[] = [];
  if (!input.view.openRuns.has(plan.runId)) drafts.push(requestedDraft(plan, at));
  const groups: Record<string, string> = {};
  for (const step of plan.steps) {
    for (const { asset } of step.assets) {
      const group = project.assets[asset]?.group;
      if (group !== undefined) groups[asset] = group;
    }
  }
  drafts.push({
    type: 'run.started',
    at,
    run: plan.runId,
    epoch: epochOf(input.view, plan.runId),
    planDigest: plan.digest,
    ...(input.codeCommit === undefined ? {} : { codeCommit: input.codeCommit }),
    ...(uncommitted === undefined ? {} : { uncommitted }),
    steps: plan.steps.flatMap((step) => {
      const active = step.assets.find((a) => a.verdict === step.verdict);
      if (step.verdict === 'skip' || !active) return [];
      return [
        {
          id: step.id,
          assets: step.assets.map((a) => a.asset),
          verdict: step.verdict,
          reason: active.reason as 'requested',
          detail: active.detail,
          ...(step.partitions === undefined ? {} : { partitions: step.partitions }),
        },
      ];
    }),
    ...(Object.keys(groups).length === 0 ? {} : { groups }),
  });
  return drafts;
}

/** What a look found, in words of the run that begins. */
export function lookedDrafts({ planning: { project }, view, now }: ClaimInput, plan: Plan, look: Look): EventDraft[] {
  const epoch = epochOf(view, plan.runId);
  return lookDrafts({ project, view }, look, timestamp(now)).map((draft) => ({ ...draft, run: plan.runId, epoch }));
}

/** The event by which a run begins to exist. */
export function requestedDraft(
  plan: {
    readonly runId: string;
    readonly request: RunRequest;
    readonly job?: string;
    readonly tags: Readonly<Record<string, string>>;
  },
  at: string,
): EventDraft {
  return {
    type: 'run.requested',
    at,
    run: plan.runId,
    epoch: 1,
    request: plan.request,
    ...(plan.job === undefined ? {} : { job: plan.job }),
    tags: plan.tags,
  };
}

/** A run that found nothing to do: its skips, its confirmations, its end. */
export function emptyRunDrafts(
  plan: Plan,
  { now, meter, view }: Pick<ClaimInput, 'now' | 'meter' | 'view'>,
  resumed: ResumedRun | undefined,
): EventDraft[] {
  const progress = initialProgress(plan);
  if (resumed) resumeProgress(progress, resumed);
  const at = timestamp(now);
  const epoch = epochOf(view, plan.runId);
  const drafts: EventDraft[] = [];
  recordPlannedSkips(plan, (draft) => drafts.push({ ...draft, epoch } as EventDraft), at);
  const confirmed = plan.steps.flatMap((step) =>
    step.assets.filter((a) => a.reason === 'up_to_date').map((a) => a.asset),
  );
  if (confirmed.length > 0)
    drafts.push({ type: 'assets.confirmed', at, run: plan.runId, epoch, assets: confirmed.sort() });
  drafts.push({
    type: 'run.ended',
    at,
    run: plan.runId,
    epoch,
    ...conclude(progress),
    durationMs: 0,
    ...(meter ? { billed: meter.billed(plan.runId, now) } : {}),
  });
  return drafts;
}

/** Numbers drafts in the stream of the run, after what the state has of it. */
export function numbered(input: ClaimInput, plan: Plan, drafts: readonly EventDraft[]): BranchlineEvent[] {
  const stream = runStream(plan.runId, epochOf(input.view, plan.runId));
  return numberEvents(stream, input.view.streams.get(stream) ?? 0, drafts);
}
