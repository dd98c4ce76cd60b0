import { copyOfMap } from '../base/layered-map.ts';
import { epochMs } from '../model/instant.ts';
import { isFullRefresh, isManual, type RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { ConnectionSaver } from './connection-saver.ts';
import { openLostLook } from './lost-reads.ts';
import { lostWorld } from './lost-upstream.ts';
import { keysAt } from './planning.ts';
import type { ClaimedRun, RunPorts, RunSettings } from './run-ports.ts';
import type { Published, RunContext } from './step-context.ts';
import { openPartitionLedger } from './step-partition.ts';

const PUBLISHED = new WeakMap<StateView['assets'], ReadonlyMap<AssetKey, Published>>();

/** What is published of each asset; the many jobs of a simulation ask it of the same view. */
function publishedIn({ assets }: StateView): ReadonlyMap<AssetKey, Published> {
  const known = PUBLISHED.get(assets);
  if (known) return known;
  const published = new Map<AssetKey, Published>();
  for (const [key, { materialized: made }] of assets)
    if (made) published.set(key, { materialization: made.id, dataVersion: made.dataVersion, files: made.files ?? {} });
  PUBLISHED.set(assets, published);
  return published;
}

/** What the steps of a claimed run share, as they begin on the state that has its claim. */
export function runContext(
  ports: RunPorts,
  settings: RunSettings,
  decision: Pick<ClaimedRun, 'plan' | 'claim' | 'lost' | 'moment'>,
  view: StateView,
  connections: ConnectionSaver,
): RunContext {
  const { request } = decision.plan;
  const { project } = settings.planning;
  const at = keysAt(view, epochMs(decision.claim.at));
  const since = decision.moment?.own ?? epochMs(decision.claim.at);
  return {
    project,
    plan: decision.plan,
    planned: new Map(decision.plan.steps.map((step) => [step.id, step])),
    environment: settings.environment,
    run: decision.plan.runId,
    epoch: decision.claim.epoch,
    ...(settings.codeCommit === undefined ? {} : { codeCommit: settings.codeCommit }),
    clock: ports.clock,
    sql: ports.sql,
    outputs: ports.outputs,
    keptFile: ports.keptFile,
    placeConnection: (name) => connections.place(name),
    processes: ports.processes,
    env: ports.env,
    root: ports.root,
    published: copyOfMap(publishedIn(view)),
    secretNames: ports.secretNames,
    redactor: ports.redactor,
    logFolder: ports.logFolder,
    scratch: ports.scratch,
    ...(ports.onOutput ? { onOutput: ports.onOutput } : {}),
    say: ports.say,
    ignoreBlocking: ignoresBlocking(request),
    ledger: openPartitionLedger(project, view, at),
    lostLook: openLostLook(lostWorld(ports, settings, decision, view), {
      plan: decision.plan,
      since,
      known: decision.lost,
    }),
    fullRefresh: isFullRefresh(request),
  };
}

/** Whether whoever asked for the run lets it go on where a blocking check has failed. */
export function ignoresBlocking(request: RunRequest): boolean {
  return isManual(request) && request.ignoreBlocking;
}
