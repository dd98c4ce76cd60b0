import type { AutomationTarget } from '../../model/plan.ts';
import type { AssetKey } from '../../model/project.ts';

/** An asset, or one partition of it, that is asked for. */
export interface AskedKey extends Omit<AutomationTarget, 'versions'> {
  readonly key: string;
  readonly versions: string;
  /** What it reads that is asked for at the same key: one run makes these, and then it. Absent = nothing. */
  readonly reads?: readonly AssetKey[];
}

/** Assets that one run has to make, at neighbouring keys: most often one by itself. */
export interface JoinedRange {
  /** Place of the first key in the definition's order. */
  readonly place: number;
  /** Of each asset, upstreams first, what is asked for: key by key. */
  readonly columns: readonly (readonly AskedKey[])[];
}

/** The same while keys are put to it. */
interface Growing {
  readonly columns: readonly AskedKey[][];
  readonly place: number;
  last: number;
}

/** What ranges are made by. */
export interface RangeRules {
  readonly placeOf: (key: string) => number;
  /** The step of an asset that makes all of its assets or none; undefined = its step can make it alone. */
  readonly wholeStepOf: (asset: AssetKey) => string | undefined;
  /** Keys of one range. */
  readonly keysMax: number;
}

/**
 * Puts keys that are asked for into ranges, as long as they can be. What reads another at a key stands with it, and with all
 * else that reads or is read there, since it is made after it in one run; so do assets that a step makes only together.
 * Nothing else cuts a range: it ends where a key is not asked for, where other assets have to be in the run, where one is
 * asked for in another way (its target has one tick and one reason for all keys), and after `keysMax` keys. What is asked
 * for comes asset by asset, upstreams first, each with its keys in their order.
 */
export function joinedRanges(asked: readonly AskedKey[], rules: RangeRules): readonly JoinedRange[] {
  const joinedAssets = joinedIn(asked, rules.wholeStepOf);
  const alone: AskedKey[] = [];
  const joined: AskedKey[] = [];
  for (const each of asked) (joinedAssets.has(each.asset) ? joined : alone).push(each);
  const ranges = [...rangesAlone(alone, rules), ...rangesTogether(joined, rules)];
  return ranges.sort((a, b) => a.place - b.place);
}

/** Assets that read another, are read by one, or are made only with others: the rest has nobody to be made with. */
function joinedIn(asked: readonly AskedKey[], wholeStepOf: RangeRules['wholeStepOf']): ReadonlySet<AssetKey> {
  const found = new Set<AssetKey>();
  let last: AssetKey | undefined;
  for (const { asset, reads } of asked) {
    if (reads !== undefined) for (const each of [asset, ...reads]) found.add(each);
    if (asset !== last && wholeStepOf(asset) !== undefined) found.add(asset);
    last = asset;
  }
  return found;
}

/** The ranges of assets one by one. */
function rangesAlone(asked: readonly AskedKey[], { placeOf, keysMax }: RangeRules): JoinedRange[] {
  const ranges: { readonly columns: readonly [AskedKey[]]; readonly place: number }[] = [];
  let next = 0;
  let last: AskedKey | undefined;
  for (const each of asked) {
    const place = placeOf(each.key);
    const column = ranges.at(-1)?.columns[0];
    const isNext =
      last?.asset === each.asset && place === next && last.tick === each.tick && last.joined === each.joined;
    if (column && isNext && column.length < keysMax) column.push(each);
    else ranges.push({ columns: [[each]], place });
    next = place + 1;
    last = each;
  }
  return ranges;
}

/** Those of assets of which some are made together at some keys. */
function rangesTogether(asked: readonly AskedKey[], rules: RangeRules): JoinedRange[] {
  const { placeOf, keysMax } = rules;
  const rows = new Map<number, AskedKey[]>();
  for (const each of asked) {
    const place = placeOf(each.key);
    const row = rows.get(place);
    if (row) row.push(each);
    else rows.set(place, [each]);
  }
  const nameOf = openNames();
  const ranges: Growing[] = [];
  // The newest range of the same assets, asked for in the same way.
  const open = new Map<string, Growing>();
  for (const place of [...rows.keys()].sort((a, b) => a - b))
    for (const together of togetherIn(rows.get(place)!, rules.wholeStepOf)) {
      const name = together.map(nameOf).join(' ');
      const range = open.get(name);
      if (range?.last === place - 1 && range.columns[0]!.length < keysMax) {
        for (const [i, each] of together.entries()) range.columns[i]!.push(each);
        range.last = place;
      } else {
        const begun = { columns: together.map((each) => [each]), place, last: place };
        open.set(name, begun);
        ranges.push(begun);
      }
    }
  return ranges;
}

/** A short name for each asset and way in which it is asked for. */
function openNames(): (asked: AskedKey) => string {
  const names = new Map<AssetKey, Map<string, string>>();
  let count = 0;
  return ({ asset, tick, joined }) => {
    const ways = names.get(asset) ?? new Map<string, string>();
    if (ways.size === 0) names.set(asset, ways);
    const way = `${joined === true ? '+' : ''}${tick ?? ''}`;
    const known = ways.get(way);
    if (known !== undefined) return known;
    const name = String(count++);
    ways.set(way, name);
    return name;
  };
}

/** What is asked for at one key, put together where one run has to make it: each in order, and so the first of each. */
function togetherIn(
  row: readonly AskedKey[],
  wholeStepOf: RangeRules['wholeStepOf'],
): readonly (readonly AskedKey[])[] {
  const places = new Map(row.map(({ asset }, i) => [asset, i]));
  // Each points to one before it that it is together with; the first of all that are together to itself.
  const before = row.map((_, i) => i);
  const firstOf = (i: number): number => {
    let at = i;
    while (before[at] !== at) at = before[at]!;
    before[i] = at;
    return at;
  };
  const join = (i: number, other: number | undefined): void => {
    if (other === undefined) return;
    const [a, b] = [firstOf(i), firstOf(other)];
    before[Math.max(a, b)] = Math.min(a, b);
  };
  const steps = new Map<string, number>();
  for (const [i, { asset, reads }] of row.entries()) {
    for (const dep of reads ?? []) join(i, places.get(dep));
    const step = wholeStepOf(asset);
    if (step === undefined) continue;
    join(i, steps.get(step));
    steps.set(step, i);
  }
  const together = new Map<number, AskedKey[]>();
  for (const [i, each] of row.entries()) {
    const first = firstOf(i);
    const own = together.get(first);
    if (own) own.push(each);
    else together.set(first, [each]);
  }
  return [...together.values()];
}
