import type { Failure } from '../model/failure.ts';
import type { Asset, AssetKey } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import { readInFull } from '../plan/reads.ts';
import { connectionOf, readInFullByCheck } from './check-reads.ts';
import { closeFor, isInPlace } from './lost-reads.ts';
import type { SqlCheck } from './sql-judge.ts';
import type { StepContext } from './step-context.ts';
import { isTakenOut, unknownAdvice, unknownText } from './unknown-advice.ts';
import type { UnknownData } from './unknown-data.ts';

/**
 * A step that would read rows which this state did not make fails before it begins: a sum over what somebody else has put
 * into a table looks like a sum. What it reads of partitions by name is its own; this is about who reads all that is there.
 */
export async function unknownReads(context: StepContext): Promise<Failure | undefined> {
  const { run, assets } = context;
  const own = new Set(context.step.assets);
  for (const asset of assets) {
    if (!asset.incremental || run.fullRefresh) continue;
    const found = await unknownOf(context, asset.key);
    if (found.length > 0) return failure(unknownMessage(context, asset.key, asset.key, found, MADE));
  }
  for (const dep of readInFull(
    run.project,
    assets.map(({ key }) => key),
  )) {
    if (own.has(dep)) continue;
    const found = await unknownOf(context, dep);
    if (found.length > 0) return failure(unknownMessage(context, assets[0]!.key, dep, found, MADE));
  }
  return undefined;
}

const MADE = 'Nothing is made from it';

function failure(message: string): Failure {
  return { class: 'step', code: 'data-unknown', message };
}

/** Why a check that looks into all of another table cannot be judged; undefined = it can, as far as this goes. */
export async function unknownFor(context: StepContext, asset: Asset, { check }: SqlCheck): Promise<string | undefined> {
  const { run } = context;
  const connection = connectionOf(check, asset);
  for (const dep of readInFullByCheck(run.project, check)) {
    if (run.project.assets[dep]?.connection !== connection) continue;
    const found = await unknownOf(context, dep);
    if (found.length > 0)
      return unknownMessage(context, `the check ${check.name}`, dep, found, 'It is not judged by that');
  }
  return undefined;
}

async function unknownOf(context: StepContext, asset: AssetKey): Promise<readonly UnknownData[]> {
  const { run } = context;
  const connection = run.project.assets[asset]?.connection;
  if (connection === undefined || !isInPlace(context, connection) || isCleared(context, asset)) return [];
  const unknown = await run.lostLook.unknown(connection);
  await closeFor(context, connection);
  return unknown.filter((data) => data.asset === asset && !run.ledger.isMadeHere(partitionName(asset, data.key)));
}

/** Who makes any partition of it in a full refresh takes out all that is unknown, in the same transaction. */
function isCleared({ run }: StepContext, asset: AssetKey): boolean {
  if (!run.fullRefresh || !isTakenOut(run.project, asset)) return false;
  return run.ledger.reader.keysOf(asset).some((key) => run.ledger.isMadeHere(partitionName(asset, key)));
}

function unknownMessage(
  { run }: StepContext,
  reader: string,
  asset: AssetKey,
  unknown: readonly UnknownData[],
  end: string,
): string {
  const known = { project: run.project, environment: run.environment, reader: run.ledger.reader, unknown };
  const what = unknownText(known, asset);
  const reads = reader === asset ? `${reader} adds to its table` : `${reader} reads ${asset}`;
  // The way out before the cause: a line may be cut at its end.
  return `data unknown: ${reads}, in which this state did not make ${what}; ${unknownAdvice(known, asset)}. ${end}: ${unknown[0]!.why}`;
}
