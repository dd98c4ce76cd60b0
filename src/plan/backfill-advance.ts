import { base32DigestOf } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { numbersIn } from '../base/spans.ts';
import { topologicalOrder } from '../base/topology.ts';
import type { BackfillCounts, FinalBackfillState } from '../model/events.ts';
import { runId } from '../model/ids.ts';
import type { BackfillChunkRequest } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import type { BackfillGroupRecord, BackfillRecord, RunRecord } from '../model/state.ts';
import { backfillChunk, lostPlace } from '../state/backfill-fold.ts';
import { chunkText, placesIn, selectKeys } from '../time/partitions/keys.ts';
import { WHOLE } from '../time/partitions/mapping.ts';
import { sharesOf } from './backfill-units.ts';
import { type KeysAtWork, openWork, type TargetState } from './backfill-work.ts';
import type { PartitionReader } from './partitioned.ts';

/** A run that a backfill asks for next. */
export interface BackfillRun {
  readonly run: string;
  readonly request: BackfillChunkRequest;
  readonly tags: Readonly<Record<string, string>>;
}

export interface AdvanceInput {
  readonly project: Project;
  readonly reader: PartitionReader;
  readonly record: BackfillRecord;
  readonly openRuns: ReadonlyMap<string, RunRecord>;
  /** Was this run asked for before, whatever became of it? */
  readonly isKnown: (run: string) => boolean;
  /** Runs of one backfill that are open at once, at most: the rest stays a few numbers until it is their turn. */
  readonly openMax: number;
}

export interface Advance {
  /** In the order in which they are to be asked for. */
  readonly runs: readonly BackfillRun[];
  /** Nothing is open and nothing can be asked for any more. */
  readonly end?: { readonly state: FinalBackfillState; readonly counts: BackfillCounts };
  readonly account: BackfillAccount;
}

/** How it stands with every target of a backfill. */
export interface BackfillAccount {
  readonly groups: readonly GroupAccount[];
  readonly counts: BackfillCounts & { readonly inProgress: number; readonly waiting: number };
}
export interface GroupAccount {
  /** Keys in the definition's order; `['']` without partitions. Undefined = the definition has changed since. */
  readonly keys: readonly string[] | undefined;
  /** By asset, by place. */
  readonly targets: ReadonlyMap<AssetKey, readonly TargetState[]>;
}

/**
 * How a backfill goes on (semantics.md 5): a chunk may be asked for when this backfill has made all that it reads of its
 * targets; a key that failed and everything downstream of it, by the mappings, is left out; the rest goes on. Pure, and
 * the same however often it is asked: runs that were asked for are known by their ids.
 */
export function advanceBackfill(input: AdvanceInput): Advance {
  const { record } = input;
  const account = accountOf(input);
  const own = [...input.openRuns.values()].filter((run) => backfillChunk(run.request)?.backfill === record.backfill);
  const isCanceling = record.state === 'CANCELING';
  const candidates = isCanceling ? [] : nextRuns(input, account);
  const runs = candidates.slice(0, Math.max(0, input.openMax - own.length));
  if (own.length > 0 || candidates.length > 0) return { runs, account };
  const { total, done, failed } = account.counts;
  // What waits for nothing that could still come is left out.
  const counts = { total, done, failed, leftOut: total - done - failed };
  const state = isCanceling ? 'CANCELED' : done === total ? 'COMPLETED_SUCCESS' : 'COMPLETED_FAILED';
  return { runs: [], account, end: { state, counts } };
}

/** The state of every target: what runs have said, what is at work, and what that means downstream. */
export function accountOf(input: Omit<AdvanceInput, 'openMax'>): BackfillAccount {
  const { project, reader, record } = input;
  const places = new Map<AssetKey, ReadonlyMap<string, number>>();
  const states = new Map<AssetKey, TargetState[]>();
  const work = openWork(record, input.openRuns);
  const groups = record.groups.map((group, index): GroupAccount => {
    const keys = keysOfGroup(input, group);
    const atWork = work.get(index + 1);
    const at = new Map((keys ?? []).map((key, place) => [key, place]));
    const order = topologicalOrder(new Set(group.assets), (key) => project.assets[key]?.deps ?? []).order;
    const targets = new Map<AssetKey, readonly TargetState[]>();
    for (const asset of order) {
      const own = ownStates(group, asset, atWork?.get(asset) ?? []);
      states.set(asset, own);
      if (keys) places.set(asset, at);
      for (let place = 0; place < own.length; place++) {
        if (own[place] !== 'waiting') continue;
        if (!keys) own[place] = 'left_out';
        else if (isCutOff({ project, reader, places, states }, asset, keys[place]!)) own[place] = 'left_out';
      }
      targets.set(asset, own);
    }
    return { keys, targets };
  });
  return { groups, counts: countTargets(groups) };
}

/** The group's keys as they are now; undefined when they are not those that were asked for any more. */
function keysOfGroup(
  { project, reader }: Pick<AdvanceInput, 'project' | 'reader'>,
  group: BackfillGroupRecord,
): readonly string[] | undefined {
  const first = group.assets[0]!;
  const isCut = group.partitions.length > 0;
  const fits = group.assets.every(
    (asset) => project.assets[asset] && (project.assets[asset].partitions !== undefined) === isCut,
  );
  if (!fits) return undefined;
  if (!isCut) return [WHOLE];
  const all = reader.keysOf(first);
  const keys: string[] = [];
  for (const range of group.partitions) {
    const chosen = selectKeys(all, range);
    if (!chosen.ok) return undefined;
    keys.push(...chosen.value);
  }
  return keys.length === group.count ? keys : undefined;
}

/** What runs of the backfill say of an asset's keys: ended ones by the record, open ones by being open. */
function ownStates(group: BackfillGroupRecord, asset: AssetKey, atWork: readonly KeysAtWork[]): TargetState[] {
  const states: TargetState[] = Array.from({ length: group.count }, () => 'waiting');
  const results = group.results[asset];
  for (const place of numbersIn(results?.leftOut ?? [])) states[place] = 'left_out';
  for (const place of numbersIn(results?.failed ?? [])) states[place] = 'failed';
  for (const { place, count, state } of atWork) for (let at = place; at < place + count; at++) states[at] = state;
  for (const place of numbersIn(results?.done ?? [])) states[place] = 'done';
  return states;
}

interface Known {
  readonly project: Project;
  readonly reader: PartitionReader;
  readonly places: ReadonlyMap<AssetKey, ReadonlyMap<string, number>>;
  readonly states: ReadonlyMap<AssetKey, readonly TargetState[]>;
}

/** Targets of this backfill that a key reads. */
function* readTargets(
  { project, reader, places, states }: Known,
  asset: AssetKey,
  key: string,
): Generator<TargetState> {
  for (const dep of project.assets[asset]?.deps ?? []) {
    const made = states.get(dep);
    const at = places.get(dep);
    if (!made || dep === asset) continue;
    // The upstream's definition has changed since: nothing that reads it can be judged.
    if (!at) yield 'left_out';
    else
      for (const upstream of reader.upstreamKeys(asset, dep, key)) {
        const place = at.get(upstream);
        if (place !== undefined) yield made[place]!;
      }
  }
}

function isCutOff(known: Known, asset: AssetKey, key: string): boolean {
  for (const state of readTargets(known, asset, key)) if (state === 'failed' || state === 'left_out') return true;
  return false;
}

function countTargets(groups: readonly GroupAccount[]): BackfillAccount['counts'] {
  const counts = { total: 0, done: 0, failed: 0, leftOut: 0, inProgress: 0, waiting: 0 };
  for (const { targets } of groups)
    for (const states of targets.values())
      for (const state of states) {
        counts.total++;
        if (state === 'left_out') counts.leftOut++;
        else if (state === 'in_progress') counts.inProgress++;
        else counts[state]++;
      }
  return counts;
}

/** Runs that may be asked for now, group by group, in the order of keys. */
function nextRuns(input: AdvanceInput, account: BackfillAccount): BackfillRun[] {
  const states = new Map(account.groups.flatMap(({ targets }) => [...targets]));
  const places = new Map(
    account.groups.flatMap(({ keys, targets }) => {
      const at = new Map((keys ?? []).map((key, place) => [key, place]));
      return keys ? [...targets.keys()].map((asset) => [asset, at] as const) : [];
    }),
  );
  const known: Known = { project: input.project, reader: input.reader, places, states };
  const runs: BackfillRun[] = [];
  for (const [index, group] of input.record.groups.entries()) {
    const { keys } = account.groups[index]!;
    if (!keys) continue;
    const shares = sharesOf(input.project, group);
    for (const [first, last] of chunksOf(group, keys, input.reader))
      for (const share of shares)
        for (const run of runsOfChunk(input, known, { group, share, number: index + 1, keys, first, last }))
          if (!input.isKnown(run.run)) runs.push(run);
  }
  return runs;
}

/** First and last place of each chunk, as it was planned: ranges without gaps, cut by the policy. */
function chunksOf(group: BackfillGroupRecord, keys: readonly string[], reader: PartitionReader): [number, number][] {
  if (group.partitions.length === 0) return [[0, 0]];
  const all = placesIn(reader.keysOf(group.assets[0]!));
  const chunks: [number, number][] = [];
  for (const [place, key] of keys.entries()) {
    const before = chunks.at(-1);
    const follows = before && all.get(keys[before[1]]!)! + 1 === all.get(key);
    if (before && follows && place - before[0] < group.perRun) before[1] = place;
    else chunks.push([place, place]);
  }
  return chunks;
}

/** A chunk without what is left out: neighbours that the same assets are to be made of share a run. */
function runsOfChunk(
  input: AdvanceInput,
  known: Known,
  chunk: {
    readonly group: BackfillGroupRecord;
    /** Those of its assets that one run may name. */
    readonly share: readonly AssetKey[];
    readonly number: number;
    readonly keys: readonly string[];
    readonly first: number;
    readonly last: number;
  },
): BackfillRun[] {
  const { group, share, keys } = chunk;
  const pieces: { assets: AssetKey[]; from: number; to: number; isReady: boolean }[] = [];
  for (let place = chunk.first; place <= chunk.last; place++) {
    const assets = share.filter((asset) => known.states.get(asset)![place] === 'waiting');
    if (assets.length === 0) continue;
    const inRun = new Set(assets);
    const isReady = assets.every((asset) => isReadyKey(known, asset, keys[place]!, (dep) => inRun.has(dep)));
    const before = pieces.at(-1);
    if (before && before.to === place - 1 && before.assets.join('\n') === assets.join('\n')) {
      before.to = place;
      before.isReady &&= isReady;
    } else pieces.push({ assets, from: place, to: place, isReady });
  }
  return pieces
    .filter(({ isReady }) => isReady)
    .map(({ assets, from, to }) =>
      runOf(input.record, chunk.number, {
        assets,
        keys: keys.slice(from, to + 1),
        from,
        isCut: group.partitions.length > 0,
        isShare: share.length < group.assets.length,
      }),
    );
}

/** All that a key reads of this backfill is made, or is made by the same run. */
function isReadyKey(known: Known, asset: AssetKey, key: string, isOfRun: (dep: AssetKey) => boolean): boolean {
  const { project, reader, places, states } = known;
  return (project.assets[asset]?.deps ?? []).every((dep) => {
    const made = states.get(dep);
    const at = places.get(dep);
    if (!made || !at || isOfRun(dep)) return true;
    return reader.upstreamKeys(asset, dep, key).every((upstream) => {
      const place = at.get(upstream);
      return place === undefined || made[place] === 'done';
    });
  });
}

/** Characters of the digest that tells runs of the same keys apart. */
const SHARE_LENGTH = 16;

function runOf(
  record: BackfillRecord,
  group: number,
  piece: {
    readonly assets: readonly AssetKey[];
    readonly keys: readonly string[];
    readonly from: number;
    readonly isCut: boolean;
    /** Other runs make other assets of the same keys. */
    readonly isShare: boolean;
  },
): BackfillRun {
  const { keys, from, isCut } = piece;
  const partitions = isCut ? chunkText(keys) : undefined;
  const assets = [...piece.assets].sort(byText);
  const share = piece.isShare ? { share: base32DigestOf(assets, SHARE_LENGTH) } : {};
  const lost = record.groups[group - 1]!.lost?.[lostPlace({ place: from, ...share })];
  const request: BackfillChunkRequest = {
    kind: 'backfill',
    backfill: record.backfill,
    at: record.requestedAt,
    group,
    place: from,
    count: keys.length,
    ...share,
    ...(lost === undefined ? {} : { lost }),
    ...(partitions === undefined ? {} : { partitions }),
    assets,
    selection: record.selection,
  };
  return { run: runId(request), request, tags: { ...record.tags, ...partitionTags(isCut ? keys : []) } };
}

function partitionTags(keys: readonly string[]): Record<string, string> {
  if (keys.length === 0) return {};
  if (keys.length === 1) return { 'branchline/partition': keys[0]! };
  return { 'branchline/partition_range_start': keys[0]!, 'branchline/partition_range_end': keys.at(-1)! };
}
