import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, Claim } from '../model/events.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { RunRecord, StateView } from '../model/state.ts';
import type { OrphanJournal } from '../ports-state.ts';
import { encodeEvent, runStream, splitEventId } from '../state/codec.ts';
import { type JournalText, parseJournal } from '../state/journal-text.ts';
import { journalName } from './journal-name.ts';
import { blobsOf } from './shard-data.ts';
import { hearShard } from './shard-rights.ts';

/** What a journal that a job of another workflow run uploaded is held against. */
export interface LeftJournalInput {
  readonly project: Project;
  readonly view: StateView;
  /** A claim whose holder is gone. */
  readonly claim: Claim;
  /** The commit of the code that takes it in. */
  readonly codeCommit?: string;
}

export type LeftJournal = JournalText;

/** As much of such a journal as counts. */
export interface CountingJournal {
  readonly journal: OrphanJournal;
  /** Events from the first one on that records a file for a branch of data. That goes with the push of the event, which failed. */
  readonly withoutData: number;
}

/** Such a journal as it was uploaded; fails with the first line that is damaged. */
export function readLeftJournal(name: string, text: string): Result<LeftJournal, number> {
  const parsed = parseJournal(name, text);
  return parsed.ok ? parsed : fail(parsed.error[0]?.line ?? 0);
}

/** Is it what the holder of the claim left? Journals of other runs and projects may lie beside it. */
export function isJournalOf({ writer }: Pick<LeftJournal, 'writer'>, claim: Claim): boolean {
  return writer === journalName(claim.writer, claim.run);
}

/**
 * The journal as one that a dead process left here; fails with what it says that is not its own to say. Whoever may write
 * artifacts in that workflow run could have made it: it speaks of the run of the claim alone, in its epoch and stream, of
 * steps that the run has, and of files that their assets declare. One that says more is left out whole, for its events
 * follow each other.
 */
export function leftJournal(input: LeftJournalInput, { events }: LeftJournal): Result<CountingJournal, string> {
  const { project, view, claim, codeCommit } = input;
  const record = view.openRuns.get(claim.run);
  if (record === undefined || record.epoch !== claim.epoch) return fail(`run ${claim.run} is not held by it any more`);
  const own = plannedSteps(project, record);
  const planned = new Map([...leftOutSteps(project, events), ...own]);
  const plan = { runId: record.run, environment: record.environment } as Plan;
  const isOther = codeCommit !== undefined && record.codeCommit !== undefined && codeCommit !== record.codeCommit;
  const heard = hearShard(
    { project, view, run: { plan, claim, lost: {} }, planned, ...(isOther ? { otherCode: record.codeCommit } : {}) },
    { id: jobOf(claim), run: record.run, runner: '', steps: [...own.keys()], expectedMs: 0, slots: {} },
    events,
  );
  const [refusal] = heard.refusals;
  if (refusal) return fail(`${refusal.message} ${refusal.help ?? ''}`.trim());
  const stream = runStream(claim.run, claim.epoch);
  const isOwn = (event: BranchlineEvent): boolean =>
    splitEventId(event.id)?.stream === stream && isOfClaim(event, claim) && isConfirmable(event, input);
  const foreign = events.find((event) => !isOwn(event));
  if (foreign) return fail(`its \`${foreign.type}\` is not of claim ${claim.claim}`);
  const none = (): void => undefined;
  const withData = beforeLostData(events, view.streams.get(stream) ?? 0);
  const journal: OrphanJournal = {
    writer: journalName(claim.writer, claim.run),
    lines: withData.map(encodeEvent),
    // It is another workflow run's, and stays as long as its artifacts do.
    discard: none,
    release: none,
  };
  return ok({ journal, withoutData: events.length - withData.length });
}

/**
 * Events follow each other, so what comes after the first whose data is lost is as if its machine had gone before. Tables are
 * lost with the database file that was saved after them.
 */
function beforeLostData(events: readonly BranchlineEvent[], counted: number): readonly BranchlineEvent[] {
  const fresh = events.filter((event) => (splitEventId(event.id)?.n ?? 0) > counted);
  const databases = new Set(
    fresh.flatMap((event) => (event.type === 'connection.saved' && event.blob !== undefined ? [event.connection] : [])),
  );
  const isLost = (event: BranchlineEvent): boolean =>
    blobsOf(event).length > 0 ||
    (event.type === 'asset.materialized' && event.connection !== undefined && databases.has(event.connection));
  const first = fresh.find(isLost);
  return first === undefined ? events : events.slice(0, events.indexOf(first));
}

/** The steps of an open run as its record tells of them. */
function plannedSteps(project: Project, { steps }: RunRecord): ReadonlyMap<string, PlannedStep> {
  const planned = Object.entries(steps).map(([id, { assets, partitions }]) => {
    const step = project.assets[assets[0] ?? '']?.step ?? id;
    const verdicts = assets.map((asset) => ({ asset, verdict: 'run', reason: 'requested', detail: [] }));
    const of = { id, step, verdict: 'run', assets: verdicts, ...(partitions ? { partitions } : {}) };
    return [id, of as unknown as PlannedStep] as const;
  });
  return new Map(planned);
}

/** Steps that a plan left out stand in no record; what a journal says of one has no effect but a line of the account. */
function leftOutSteps(project: Project, events: readonly BranchlineEvent[]): ReadonlyMap<string, PlannedStep> {
  const steps = new Map<string, PlannedStep>();
  for (const event of events) {
    if (event.type !== 'step.skipped' || event.assets.length === 0) continue;
    const isOf = (asset: string): boolean => {
      const name = Object.hasOwn(project.assets, asset) ? project.assets[asset]?.step : undefined;
      return name !== undefined && (event.step === name || event.step.startsWith(`${name}@`));
    };
    if (event.assets.every(isOf)) steps.set(event.step, { id: event.step, verdict: 'skip' } as unknown as PlannedStep);
  }
  return steps;
}

function isOfClaim(event: BranchlineEvent, { claim }: Claim): boolean {
  return event.type !== 'claim.renewed' && event.type !== 'claim.closed' ? true : event.claim === claim;
}

/** What is up to date was made before: of an asset that the state does not know nobody can say so. */
function isConfirmable(event: BranchlineEvent, { project, view }: LeftJournalInput): boolean {
  if (event.type !== 'assets.confirmed') return true;
  return event.assets.every((asset) => Object.hasOwn(project.assets, asset) && view.assets.has(asset));
}

function jobOf({ holder }: Claim): string {
  return holder.kind === 'workflow' ? `${holder.job} of workflow run ${holder.workflow}` : 'of a process';
}
