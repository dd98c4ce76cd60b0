import type { AssetKey, Project } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import { readsOf } from '../plan/reads.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { commandFor, type KnownLost, keysText, quoted, withDownstream } from './lost-advice.ts';
import type { UnknownData } from './unknown-data.ts';

export type KnownUnknown = Omit<KnownLost, 'lost'> & { readonly unknown: readonly UnknownData[] };

/** What lies in the table of an asset and the state did not make, in few words. */
export function unknownText({ reader, unknown }: Pick<KnownUnknown, 'reader' | 'unknown'>, asset: AssetKey): string {
  const keys = inOrder(reader.keysOf(asset), keysUnknown(unknown, asset));
  const [only] = keys;
  if (keys.length > 1) return `${keys.length} partitions (${keysText(keys)})`;
  return only === WHOLE ? 'what was written as a whole' : `the partition ${only}`;
}

/** The ways out, each with the command that goes it: what is unknown is made, or it is taken out. */
export function unknownAdvice(known: KnownUnknown, asset: AssetKey): string {
  const makes = makingCommand(known, asset);
  const takes = takingCommand(known, asset);
  const ways = [
    ...(makes === undefined
      ? []
      : [`\`${makes}\` makes ${keysUnknown(known.unknown, asset).length > 1 ? 'them' : 'it'}`]),
    ...(takes === undefined ? [] : [`\`${takes}\` takes out what this state did not make`]),
  ];
  if (ways.length > 0) return ways.join(', ');
  const { connection } = known.project.assets[asset]!;
  return `move the database file of connection ${connection} to another place, and \`branchline plan\` says what makes again what was in it`;
}

/** Makes the unknown partitions as this state's own; undefined where the definition does not have all of them. */
function makingCommand(known: KnownUnknown, asset: AssetKey): string | undefined {
  const { project, reader, unknown } = known;
  const keys = keysUnknown(unknown, asset);
  const there = new Set(reader.keysOf(asset));
  const { partitions, incremental } = project.assets[asset]!;
  // Who adds to its own table would read the others while it makes one of them.
  if (partitions === undefined || incremental || keys.some((key) => !there.has(key))) return undefined;
  const lost = new Map(keys.map((key) => [partitionName(asset, key), 'unknown']));
  const withUpstream = isUpstreamMissing(known, asset, keys);
  return commandFor({ ...known, lost, withUpstream }, [asset]);
}

function isUpstreamMissing({ project, reader }: KnownUnknown, asset: AssetKey, keys: readonly string[]): boolean {
  return [...readsOf(project, reader, new Map([[asset, keys]]))].some(
    ([dep, read]) =>
      project.assets[dep]!.partitions !== undefined &&
      read.some((key) => reader.record(dep, key)?.materialized === undefined),
  );
}

/**
 * Takes all rows out of a table that this state did not make, with the newest partition that it has made to run for. What
 * is downstream goes along, unless something of it would lose its own history by that.
 */
function takingCommand({ project, environment, reader }: KnownUnknown, asset: AssetKey): string | undefined {
  const { partitions, incremental } = project.assets[asset]!;
  if (partitions === undefined ? !incremental : !isTakenOut(project, asset)) return undefined;
  const readers = [...withDownstream(project, [asset])].filter((key) => key !== asset);
  const isSafe = readers.every((key) => !project.assets[key]!.incremental);
  const newest = reader.keysOf(asset).findLast((key) => reader.record(asset, key)?.materialized !== undefined);
  const where = environment === 'local' ? '' : ` --environment ${environment}`;
  const which = newest === undefined || newest === WHOLE ? '' : ` --partitions ${quoted(newest)}`;
  return `branchline run --select key:${asset}${isSafe && readers.length > 0 ? '+' : ''}${which} --full-refresh${where}`;
}

/** Whether a full refresh takes rows out of its table: that its SQL makes, by partitions, and knows the rows of each. */
export function isTakenOut({ assets, steps }: Project, asset: AssetKey): boolean {
  const { partitions, partitionExpr, materialized, step } = assets[asset]!;
  if (partitions === undefined || partitionExpr === undefined || materialized !== 'table') return false;
  return step !== undefined && steps[step]?.action.kind === 'sql';
}

function keysUnknown(unknown: readonly UnknownData[], asset: AssetKey): readonly string[] {
  return unknown.flatMap((data) => (data.asset === asset ? [data.key] : []));
}

/** Keys in the definition's order; those that it does not have come first, as they are mostly older. */
function inOrder(all: readonly string[], keys: readonly string[]): readonly string[] {
  const wanted = new Set(keys);
  const there = all.filter((key) => wanted.has(key));
  const known = new Set(there);
  return [...keys.filter((key) => !known.has(key)).sort(), ...there];
}
