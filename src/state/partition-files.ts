import { sha256 } from '../base/digest.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';
import type { PartitionMaterialization, PartitionRecord } from '../model/state.ts';

// Partitions of an asset lie in leaves of at most 500 keys, in the order of the keys' bytes. A leaf's name is the hex of
// the smallest text that belongs to it, so the listing alone says where a key is, and an unpartitioned look at the
// state reads none of them. Columns, with runs of equal values counted once.

/** Of leaves with a column `lost`: who does not know it must not write them without it. */
export const LOSING_VERSION = 2;
/** Keys in one leaf; a fuller one is split in half. */
export const LEAF_KEYS_MAX = 500;
/** A boundary is no longer than this, so that a name fits every file system. */
const BOUNDARY_BYTES_MAX = 50;
const FIRST = '-';

/** UTF-8 as hex: text order of these is byte order of keys. */
function hexOf(text: string): string {
  let hex = '';
  for (const byte of new TextEncoder().encode(text)) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

/** Folder of an asset's leaves. */
export function leafFolder(asset: string): string {
  const digest = sha256(asset);
  return `partitions/${digest.slice(0, 2)}/${digest.slice(0, 16)}/`;
}

export interface LeafName {
  readonly path: string;
  /** Folder with `/` at its end: one an asset. */
  readonly folder: string;
  /** Hex of the smallest text of the leaf; empty for the first one. */
  readonly from: string;
}

export function parseLeafPath(path: string): LeafName | undefined {
  if (!path.startsWith('partitions/')) return undefined;
  const match = /^(partitions\/[0-9a-f]{2}\/[0-9a-f]{16}\/)(-|[0-9a-f]+)\.json$/.exec(path);
  return match ? { path, folder: match[1]!, from: match[2] === FIRST ? '' : match[2]! } : undefined;
}

/** Leaves of the tree by folder, each in order. */
export function leavesOf(listing: Iterable<string>): ReadonlyMap<string, readonly LeafName[]> {
  const leaves = new Map<string, LeafName[]>();
  for (const path of listing) {
    const leaf = parseLeafPath(path);
    if (leaf === undefined) continue;
    const known = leaves.get(leaf.folder);
    if (known) known.push(leaf);
    else leaves.set(leaf.folder, [leaf]);
  }
  for (const list of leaves.values()) list.sort((a, b) => byText(a.from, b.from));
  return leaves;
}

/** The leaf that a key belongs to; undefined when the asset has none. */
function leafFor(leaves: readonly LeafName[], key: string): LeafName | undefined {
  const hex = hexOf(key);
  let [low, high] = [0, leaves.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (leaves[middle]!.from > hex) high = middle;
    else low = middle + 1;
  }
  return leaves[low - 1];
}

/** Paths of the leaves that hold these keys of an asset. */
export function leafPaths(
  leaves: ReadonlyMap<string, readonly LeafName[]>,
  asset: string,
  keys: Iterable<string>,
): ReadonlySet<string> {
  const own = leaves.get(leafFolder(asset)) ?? [];
  const paths = new Set<string>();
  for (const key of keys) {
    const leaf = leafFor(own, key);
    if (leaf) paths.add(leaf.path);
  }
  return paths;
}

type Entry = readonly [key: string, record: PartitionRecord];

/** The files of an asset after its records have changed: those of the leaves that hold the changed ones. */
export function encodeLeaves(
  asset: string,
  leaves: readonly LeafName[],
  before: ReadonlyMap<string, PartitionRecord>,
  changed: ReadonlyMap<string, PartitionRecord>,
): Map<string, string> {
  const folder = leafFolder(asset);
  const known = leaves.length > 0 ? leaves : [{ path: `${folder}${FIRST}.json`, folder, from: '' }];
  const touched = new Map<LeafName, Map<string, PartitionRecord>>();
  for (const [key, record] of changed) {
    const leaf = leafFor(known, key)!;
    const records = touched.get(leaf) ?? new Map<string, PartitionRecord>();
    touched.set(leaf, records);
    records.set(key, record);
  }
  for (const key of before.keys()) {
    const records = touched.get(leafFor(known, key)!);
    if (records && !records.has(key)) records.set(key, before.get(key)!);
  }
  const files = new Map<string, string>();
  for (const [leaf, records] of touched) {
    const sorted = [...records]
      .map((entry) => [hexOf(entry[0]), entry] as const)
      .sort(([a], [b]) => byText(a, b))
      .map(([, entry]) => entry);
    for (const [from, entries] of splitLeaf(leaf.from, sorted))
      files.set(`${folder}${from === '' ? FIRST : from}.json`, encodeLeaf(asset, entries));
  }
  return files;
}

/** Halves until each part fits; a part that no short boundary can divide stays whole. */
function splitLeaf(from: string, entries: readonly Entry[]): [string, readonly Entry[]][] {
  if (entries.length <= LEAF_KEYS_MAX) return [[from, entries]];
  const middle = Math.floor(entries.length / 2);
  for (let distance = 0; distance < middle; distance++) {
    for (const at of distance === 0 ? [middle] : [middle - distance, middle + distance]) {
      const boundary = boundaryBetween(hexOf(entries[at - 1]![0]), hexOf(entries[at]![0]));
      if (boundary === undefined) continue;
      return [...splitLeaf(from, entries.slice(0, at)), ...splitLeaf(boundary, entries.slice(at))];
    }
  }
  return [[from, entries]];
}

/** The shortest beginning of `high` that comes after `low`; undefined when it is too long for a name. */
function boundaryBetween(low: string, high: string): string | undefined {
  for (let length = 2; length <= Math.min(high.length, 2 * BOUNDARY_BYTES_MAX); length += 2)
    if (high.slice(0, length) > low) return high.slice(0, length);
  return undefined;
}

/** Equal neighbours counted: `[3,"a",1,"b"]`. */
function runs<T>(values: readonly T[]): (number | T)[] {
  const counted: (number | T)[] = [];
  let last: string | undefined;
  for (const value of values) {
    const text = canonicalJson(value as never);
    if (text === last) (counted[counted.length - 2] as number)++;
    else counted.push(1, value);
    last = text;
  }
  return counted;
}

const epochSecondsOf = (at: string): number => Date.parse(at) / 1000;

function encodeLeaf(asset: string, entries: readonly Entry[]): string {
  const made = entries.map(([, record]) => record.materialized);
  const column = <T>(of: (m: PartitionMaterialization) => T): (T | null)[] => made.map((m) => (m ? of(m) : null));
  const seldom = (name: 'handled' | 'lost'): Record<string, unknown> =>
    entries.some(([, record]) => record[name])
      ? { [name]: runs(entries.map(([, record]) => record[name] ?? null)) }
      : {};
  const columns: Record<string, unknown> = {
    asset,
    keys: entries.map(([key]) => key),
    data: column((m) => m.dataVersion),
    used: runs(column((m) => m.used)),
    at: column((m) => epochSecondsOf(m.at)),
    run: runs(column((m) => m.run)),
    code: runs(column((m) => m.codeVersion)),
    turn: runs(column((m) => m.turn)),
    rows: runs(column((m) => m.rows ?? null)),
    files: runs(column((m) => m.files ?? null)),
    failed: runs(entries.map(([, record]) => record.failed ?? null)),
    checks: runs(entries.map(([, record]) => record.checks ?? null)),
    // Only where assets ask for runs by themselves, and where data was lost: other leaves keep their bytes.
    ...seldom('handled'),
    ...seldom('lost'),
    v: entries.some(([, record]) => record.lost) ? LOSING_VERSION : 1,
  };
  const members = Object.entries(columns)
    .sort(([a], [b]) => byText(a, b))
    .map(([name, value]) => `${canonicalJson(name)}:${canonicalJson(value as never)}`);
  return `{${members.join(',\n')}}\n`;
}
