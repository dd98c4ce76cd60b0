import { byText } from '../base/order.ts';
import { ok, type Result } from '../base/result.ts';
import type { ProcessIdentity, RunState } from '../model/events.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { StateView } from '../model/state.ts';
import { priorityOf, queueOrder, type Wait } from '../plan/queue.ts';
import { holderText } from './claims.ts';
import type { AppFailure } from './failure.ts';
import type { PlanningProject } from './planning.ts';
import { waitText } from './queue-text.ts';
import { ownTags, placeOf, releaseQueue, runsInProgress, waitingRunsOf, withDecidedRetries } from './release.ts';
import { triggerText } from './run-message.ts';

/** A run that has not ended, as `branchline queue` shows it. */
export interface OpenRunLine {
  readonly run: string;
  readonly state: RunState;
  readonly trigger: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly priority: number;
  readonly requestedAt: string;
  readonly startedAt?: string;
  /** When a run that was given back may go on. */
  readonly due?: string;
  /** Who carries it out. */
  readonly holder?: string;
  /** Its process was on this machine and is gone: the next tick takes the run over. */
  readonly holderGone?: true;
  /** Slots that it holds, by pool. */
  readonly slots?: Readonly<Record<string, number>>;
  /** What it waits for; absent = it runs, or may start at the next wake-up. */
  readonly wait?: Wait & { readonly text: string };
}

export interface QueueReport {
  readonly limits: { readonly maxConcurrentRuns: number; readonly pools: Readonly<Record<string, number>> };
  /** Runs in progress first, oldest first; then those that wait, in the order of the queue. */
  readonly runs: readonly OpenRunLine[];
  readonly warnings: readonly string[];
}

/**
 * The queue at one state, by the same pass that lets runs go. `isGone` judges the processes of this machine; without it
 * nothing is said of who holds a run.
 */
export async function describeQueue(
  planning: PlanningProject,
  recorded: StateView,
  now: EpochMs,
  isGone?: (holder: ProcessIdentity) => boolean,
): Promise<Result<QueueReport, AppFailure>> {
  const { view } = withDecidedRetries(recorded, now);
  const waiting = waitingRunsOf(view);
  const { queue, pools } = planning.project.operations;
  const limits = { maxConcurrentRuns: queue.maxConcurrentRuns, pools };
  const inProgress = runsInProgress(view)
    .sort((a, b) => byText(a.requestedAt, b.requestedAt))
    .map(({ run }) => progressLine(view, run, isGone));
  if (waiting.length === 0) return ok({ limits, runs: inProgress, warnings: [] });
  const released = await releaseQueue({
    view,
    now,
    waiting,
    claimInput: (run, preview) => ({
      planning,
      view: preview,
      now,
      environment: view.environment,
      request: run.request,
      tags: run.tags,
      holder: { kind: 'process', machine: '', boot: '', pid: 0, start: '' },
      writer: '',
      maxParallel: 1,
      findLost: async () => new Map(),
      keptFile: () => undefined,
      prepareEngines: async () => undefined,
    }),
    isMine: () => true,
    room: Number.POSITIVE_INFINITY,
  });
  if (!released.ok) return released;
  const { pass } = released.value;
  const inOrder = queueOrder(waiting.map(placeOf));
  const lines = inOrder.map(({ run }): OpenRunLine => {
    const wait = pass.waiting.get(run);
    const record = view.openRuns.get(run)!;
    return { ...baseLine(record), ...(wait ? { wait: { ...wait, text: waitText(wait) } } : {}) };
  });
  return ok({ limits, runs: [...inProgress, ...lines], warnings: pass.warnings });
}

type OpenRecord = NonNullable<ReturnType<StateView['openRuns']['get']>>;

function baseLine(record: OpenRecord): OpenRunLine {
  const { run, state, request, tags, requestedAt, startedAt, due } = record;
  return {
    run,
    state,
    trigger: triggerText(request),
    tags,
    priority: priorityOf(ownTags(tags)).priority,
    requestedAt,
    ...(startedAt === undefined ? {} : { startedAt }),
    ...(due === undefined ? {} : { due }),
  };
}

function progressLine(view: StateView, run: string, isGone?: (holder: ProcessIdentity) => boolean): OpenRunLine {
  const claim = [...view.claims.values()].find((each) => each.run === run);
  const holder = claim?.holder;
  const process = holder?.kind === 'process' ? holder : holder?.process;
  return {
    ...baseLine(view.openRuns.get(run)!),
    ...(claim ? { holder: holderText(claim) } : {}),
    ...(process && isGone?.(process) ? { holderGone: true as const } : {}),
    ...(claim?.slots ? { slots: claim.slots } : {}),
  };
}

/** The queue as lines of text; `ago` tells how long something has been so. */
export function queueLines({ limits, runs, warnings }: QueueReport, now: EpochMs): string[] {
  const inProgress = runs.filter(({ state }) => state !== 'QUEUED').length;
  const places = limits.maxConcurrentRuns < 0 ? '' : ` of ${limits.maxConcurrentRuns}`;
  const head = `${inProgress}${places} ${limits.maxConcurrentRuns === 1 ? 'place' : 'places'} taken, ${runs.length - inProgress} waiting (${timestamp(now).slice(0, 16).replace('T', ' ')} UTC)`;
  const lines = runs.map((line) => {
    const slots = Object.entries(line.slots ?? {}).map(([pool, n]) => `${n} of pool ${pool}`);
    const held = slots.length > 0 ? `, holds ${slots.join(', ')}` : '';
    const priority = line.priority === 0 ? '' : `, priority ${line.priority}`;
    const what = `${line.state.padEnd(9)} ${line.run}  ${line.trigger}${priority}`;
    const gone = line.holderGone ? '; its process is gone: the next tick takes it over' : '';
    if (line.state !== 'QUEUED') return `${what}: ${line.holder ?? 'nobody carries it out'}${held}${gone}`;
    return `${what}: ${line.wait?.text ?? 'starts at the next wake-up (`branchline tick`)'}`;
  });
  return [head, ...lines, ...warnings.map((text) => `Warning: ${text}.`)];
}
