import type { PushBuild } from '../app/build-on-push.ts';
import type { KnownRun } from '../app/claim-run.ts';
import type { AppFailure } from '../app/failure.ts';
import { nothingOf } from '../app/partition-runs.ts';
import { requestOf } from '../app/planning.ts';
import { requestsOf } from '../app/request-parts.ts';
import { knownText, sentence } from '../app/run-message.ts';
import type { RunOutcome } from '../app/run-ports.ts';
import { type RequestsOutcome, runRequests } from '../app/run-request.ts';
import { alongText } from '../app/take-along.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { timestamp } from '../model/instant.ts';
import type { ManualRequest } from '../model/plan.ts';
import type { Project } from '../model/project.ts';
import type { Job } from './job.ts';
import { type Recording, resultOf, stepLog, summariesOf } from './record.ts';
import { idleResult, type JobResult, refusedResult, withPermissionLines } from './result.ts';
import { withTimeOver } from './time-over.ts';

/** What a person asked for by a click or a call. The same workflow run asks once, whatever its attempt. */
export async function performRun(recording: Recording, createdAt: number): Promise<JobResult> {
  const { job } = recording;
  const request = requestIn(job, recording.project, createdAt);
  if (!request.ok) return refusedResult(request.error);
  const requests = await requestsOf(recording.world.run, recording.settings, request.value);
  if (!requests.ok) return refusedResult(withPermissionLines(requests.error));
  const { requests: wanted, notes } = requests.value;
  if (wanted.length === 0) {
    job.log.print(nothingOf(request.value));
    return idleResult(nothingOf(request.value));
  }
  return performRequests(recording, wanted, { attempt: job.context.attempt }, notes);
}

/** Runs what was asked for, one after the other where it is several runs, or says that it was asked for before. `before`: notes that come first. */
export async function performRequests(
  recording: Recording,
  requests: Parameters<typeof runRequests>[2],
  options: NonNullable<Parameters<typeof runRequests>[4]>,
  before: readonly string[] = [],
): Promise<JobResult> {
  const { job, project, world, settings } = recording;
  const outcome = await runRequests(world.run, settings, requests, stepLog(recording), options);
  if (!outcome.ok) return refusedResult(withPermissionLines(outcome.error));
  const { runs, along, known, failures } = outcome.value;
  const [failure] = failures;
  if (failure !== undefined && runs.length === 0) return refusedResult(withPermissionLines(failure));
  const notes = [...before, ...requestNotes({ along, known, failures })];
  for (const note of notes) job.log.print(note);
  const isLeft = runs.some(({ state }) => state === 'QUEUED') || known.some(isOutOfTime);
  if (isLeft) notes.push('The time budget of this job is over: the next tick carries the rest on.');
  const summaries = summariesOf(runs, project, world.run.clock.now());
  const result = resultOf(recording, runs, { runs: summaries, notes, waiting: [], next: [] });
  const end = isLeft ? withTimeOver(recording, result) : result;
  return failure !== undefined && end.exit === 0 ? { ...end, exit: 1, status: 'failure' } : end;
}

/** Nothing keeps it but the time: it waits for the next tick. */
function isOutOfTime({ delivery }: KnownRun): boolean {
  return delivery.kind === 'waiting' && delivery.why === undefined;
}

/** The request of a click: as a command line would ask, with the workflow run as its identity. */
export function requestIn(
  job: Pick<Job, 'inputs' | 'context'>,
  project: Project,
  createdAt: number,
): Result<Extract<ManualRequest, { readonly kind: 'dispatch' }>, AppFailure> {
  const { inputs, context } = job;
  const at = timestamp(createdAt);
  const { select, partitions } = inputs;
  const options = {
    ...(select === undefined ? {} : { select }),
    ...(partitions === undefined ? {} : { partitions }),
  };
  const asked = requestOf(project, options, { nonce: '', at });
  if (!asked.ok) return fail(asked.error);
  const { nonce: _nonce, ...request } = asked.value;
  return ok({ ...request, kind: 'dispatch', workflow: context.workflow });
}

/** What came of what a push is to build. */
export interface BuiltPush {
  readonly runs: readonly RunOutcome[];
  readonly notes: readonly string[];
  /** Why nothing of it was run; with runs, why one of several was not. */
  readonly failure?: AppFailure;
}

/** Runs what a push is to build. */
export async function runBuild(recording: Recording, request: NonNullable<PushBuild['request']>): Promise<BuiltPush> {
  const { world, settings } = recording;
  const refused = (failure: AppFailure): BuiltPush => ({ runs: [], notes: [], failure });
  const requests = await requestsOf(world.run, settings, request);
  if (!requests.ok) return refused(requests.error);
  const outcome = await runRequests(world.run, settings, requests.value.requests, stepLog(recording));
  if (!outcome.ok) return refused(outcome.error);
  const { runs, along, known, failures } = outcome.value;
  const [failure] = failures;
  const told = runs.length === 0 ? failures.slice(1) : failures;
  return {
    runs,
    notes: [...requests.value.notes, ...requestNotes({ along, known, failures: told })],
    ...(failure === undefined ? {} : { failure }),
  };
}

/** Which runs of others went first, and about which of several requests nothing was done, and why. */
export function requestNotes({
  along,
  known,
  failures,
}: Pick<RequestsOutcome, 'along' | 'known' | 'failures'>): string[] {
  return [
    ...along.map(alongText),
    ...known.map((each) => sentence(knownText(each))),
    ...failures.map(({ message }) => message),
  ];
}
