import { isFullRefresh, type Plan } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import { openPartitionReader } from '../plan/partitioned.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import { madeBy } from './lost-besides.ts';
import { isTakenOut, unknownAdvice, unknownText } from './unknown-advice.ts';
import type { UnknownData } from './unknown-data.ts';

/** Where what tables hold and the state did not make is told. */
export interface UnknownWorld {
  readonly project: Project;
  readonly environment: string;
  readonly view: StateView;
  readonly at: KeysAt;
  readonly unknown: readonly UnknownData[];
}

/** What tables hold that the state did not make, in words, with the way out. */
export function unknownStanding(world: UnknownWorld): string | undefined {
  return unknownLines(world, () => false);
}

/** The same of a plan's assets, as far as the run does not make it. */
export function unknownOfPlan(world: UnknownWorld, plan: Plan): string | undefined {
  const making = madeBy(plan);
  const unknown = world.unknown.filter(({ asset, key }) => making.get(asset)?.includes(key) !== true);
  return unknownLines({ ...world, unknown }, (asset) => isFullRefresh(plan.request) && making.has(asset));
}

function unknownLines(world: UnknownWorld, isRefreshed: (asset: AssetKey) => boolean): string | undefined {
  const { project, environment, view, at, unknown } = world;
  if (unknown.length === 0) return undefined;
  const known = { project, environment, reader: openPartitionReader(project, view, at), unknown };
  const lines = [...new Set(unknown.map(({ asset }) => asset))].map((asset) => {
    const what = `${unknownText(known, asset)} in the table of ${asset}`;
    if (isRefreshed(asset) && isTakenOut(project, asset))
      return `Not made by this state, and taken out by this run: ${what}.`;
    const { why } = unknown.find((data) => data.asset === asset)!;
    return `Data unknown, not made by this state: ${what}: ${why}. What reads all of it fails: ${unknownAdvice(known, asset)}.`;
  });
  const more = lines.length > 3 ? [`The tables of ${lines.length - 3} more assets hold such data too.`] : [];
  return [...lines.slice(0, 3), ...more].join('\n');
}
