import type { Asset } from '../model/project.ts';
import { partitionName } from '../plan/partitioned.ts';
import { connectionOf, readsOfCheck } from './check-reads.ts';
import { lostMessage } from './lost-reads.ts';
import type { SqlCheck } from './sql-judge.ts';
import type { StepContext } from './step-context.ts';
import { unknownFor } from './unknown-reads.ts';

/** Checks as they can be judged: one that looks into a table of which something is gone cannot, whatever is left says. */
export async function unlessLost(
  context: StepContext,
  asset: Asset,
  checks: readonly SqlCheck[],
): Promise<readonly SqlCheck[]> {
  const judged: SqlCheck[] = [];
  for (const each of checks) {
    const problem = each.problem ?? (await lostFor(context, asset, each)) ?? (await unknownFor(context, asset, each));
    judged.push(problem === undefined ? each : { ...each, problem });
  }
  return judged;
}

async function lostFor(context: StepContext, asset: Asset, { check }: SqlCheck): Promise<string | undefined> {
  const { run } = context;
  const connection = connectionOf(check, asset);
  if (connection === undefined) return undefined;
  const reads = readsOfCheck(run.project, run.ledger.reader, check);
  const found = new Map<string, string>();
  for (const [dep, keys] of reads) {
    if (run.project.assets[dep]?.connection !== connection) continue;
    const lost = await run.lostLook.tables(connection);
    for (const name of keys.map((key) => partitionName(dep, key))) {
      const message = lost.get(name);
      if (message !== undefined && !run.ledger.isMadeHere(name)) found.set(name, message);
    }
  }
  if (found.size === 0) return undefined;
  return lostMessage(context, {
    reader: `the check ${check.name}`,
    reads,
    found,
    end: 'It is not judged by what is left',
  });
}
