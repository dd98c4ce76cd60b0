import { fail, ok, type Result } from '../base/result.ts';
import { epochMs } from '../model/instant.ts';
import type { ManualRequest, RunRequest } from '../model/plan.ts';
import { type AppFailure, inputFailure } from './failure.ts';
import { partsFor } from './lost-along.ts';
import { type RequestParts, RUNS_MAX } from './partition-runs.ts';
import { keysAt } from './planning.ts';
import type { RunPorts, RunSettings } from './run-ports.ts';
import { watchPartitions } from './wanted-run.ts';

type PushRequest = Extract<RunRequest, { readonly kind: 'push' }>;
type DispatchRequest = Extract<RunRequest, { readonly kind: 'dispatch' }>;

/**
 * The runs that a person's request amounts to. Without partitions, or where definition and policy let one run make them
 * all, that is the request itself.
 */
export async function partsOfRequest(
  ports: Pick<RunPorts, 'session' | 'partitions' | 'findLost'>,
  settings: Pick<RunSettings, 'planning' | 'environment'>,
  request: ManualRequest | PushRequest,
): Promise<Result<RequestParts, AppFailure>> {
  const { planning } = settings;
  watchPartitions(ports, settings, request);
  const { selection, partitions } = request;
  if (partitions === undefined && ports.partitions.size === 0)
    return ok({ parts: [{ selection, group: 1, after: [] }] });
  const read = await ports.session.transact<Result<RequestParts, AppFailure>>(async (state) => {
    // A click that is run again on another day means the partitions of its first day.
    const now = request.kind === 'dispatch' ? Math.min(epochMs(request.at), state.now) : state.now;
    const { view } = state.read;
    const where = { view, at: keysAt(view, now), environment: settings.environment };
    return { kind: 'nothing', value: await partsFor(ports.findLost, planning, where, request) };
  });
  if (!read.ok) return read;
  const parts = read.value.value;
  if (!parts.ok || parts.value.parts.length <= RUNS_MAX) return parts;
  return fail(
    inputFailure(
      'many-runs',
      `These partitions are ${parts.value.parts.length} runs by their \`backfill_policy\`, and a command carries out ${RUNS_MAX} itself.`,
      'Start a backfill: `branchline backfill start`; or let one run make several: `backfill_policy: { multi_run: { max_partitions_per_run: 10 } }`.',
    ),
  );
}

/**
 * What a click or a push asks for as requests of a run each, in their order: each waits for those before it. The request
 * itself where one run makes it all; none where nothing is missing or failed. `notes`: what is left out.
 */
export async function requestsOf(
  ports: Pick<RunPorts, 'session' | 'partitions' | 'findLost'>,
  settings: Pick<RunSettings, 'planning' | 'environment'>,
  request: DispatchRequest | PushRequest,
): Promise<Result<{ readonly requests: readonly RunRequest[]; readonly notes: readonly string[] }, AppFailure>> {
  const asked = await partsOfRequest(ports, settings, request);
  if (!asked.ok) return asked;
  const { parts, leftOut } = asked.value;
  const { partitions: _all, ...rest } = request;
  const requests = parts.map(({ selection, partitions }, index) => ({
    ...rest,
    selection,
    ...(partitions === undefined ? {} : { partitions }),
    ...(parts.length > 1 ? { part: index + 1 } : {}),
  }));
  return ok({ requests, notes: leftOut === undefined ? [] : [leftOut] });
}
