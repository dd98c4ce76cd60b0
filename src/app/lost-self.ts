import type { Failure } from '../model/failure.ts';
import type { Asset } from '../model/project.ts';
import { type PartitionReader, partitionName } from '../plan/partitioned.ts';
import { readsItself } from '../project/self-read.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { commandFor, keysText, lostKeysOf } from './lost-advice.ts';
import { recordLosses } from './lost-reads.ts';
import { IN_MEMORY } from './recorded-losses.ts';
import type { StepContext } from './step-context.ts';

/** What an asset reads of itself to make these keys: the whole of it, or of partitions those before the first of them. */
export function readOfItself(
  reader: Pick<PartitionReader, 'keysOf'>,
  asset: Asset,
  keys: readonly string[],
): readonly string[] {
  if (asset.partitions === undefined) return [WHOLE];
  const all = reader.keysOf(asset.key);
  const making = new Set(keys);
  return all.slice(
    0,
    Math.max(
      0,
      all.findIndex((key) => making.has(key)),
    ),
  );
}

/**
 * A step whose SQL reads what it made last (`this`) fails where that is gone: an older or an empty table would make a short
 * history look like a whole one. Of partitions those before may be made again, in their order.
 */
export async function lostSelf(context: StepContext): Promise<Failure | undefined> {
  const { run, step, assets } = context;
  const [asset] = assets;
  if (step.connection === undefined || asset === undefined || run.fullRefresh || !readsItself(run.project, asset))
    return undefined;
  const { reader } = run.ledger;
  const tables = await run.lostLook.tables(step.connection);
  const own = readOfItself(reader, asset, run.partition?.keys ?? [WHOLE]).map((key) => partitionName(asset.key, key));
  const lost = new Map(
    own.flatMap((name) => {
      const why = tables.get(name);
      return why === undefined || why === IN_MEMORY || run.ledger.isMadeHere(name) ? [] : [[name, why] as const];
    }),
  );
  if (lost.size === 0) return undefined;
  recordLosses(context, lost);
  const [why] = lost.values();
  const reads = `${asset.key} reads what it made last (\`this\`)`;
  if (asset.partitions === undefined) {
    const command = `branchline run --select key:${asset.key} --full-refresh`;
    const message = `data lost: ${reads}, which is gone, and is not made from an older or an empty table by itself. Put the database back as it was, or let \`${command}\` begin with what lies there now (drop the table first to begin with nothing): ${why}`;
    return { class: 'step', code: 'data-lost', message };
  }
  const known = { project: run.project, environment: run.environment, reader, lost };
  const gone = lostKeysOf(known, asset.key);
  const what =
    gone.length === 1 ? `the partition ${gone[0]} is gone` : `${gone.length} partitions (${keysText(gone)}) are gone`;
  const message = `data lost: ${reads}, of which ${what}; \`${commandFor(known, [asset.key])}\` makes it again. Nothing is made from what is left: ${why}`;
  return { class: 'step', code: 'data-lost', message };
}
