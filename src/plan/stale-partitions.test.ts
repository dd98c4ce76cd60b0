import { basename } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../base/digest.ts';
import type { Asset, Project } from '../model/project.ts';
import type { AssetRecord, PartitionRecord, StateView } from '../model/state.ts';
import { shortVersion, usedDigest } from '../model/versions.ts';
import { decodeLeaf } from '../state/decode-leaf.ts';
import { emptyView } from '../state/fold.ts';
import { encodeLeaves } from '../state/partition-files.ts';
import { type PartitionRecords, recordsOfLeaves, withRecords } from '../state/partition-records.ts';
import { projectOf } from '../testing/project-builder.ts';
import { openPartitionReader, type PartitionReader, partitionName } from './partitioned.ts';
import type { Staleness } from './staleness.ts';

const AT = { now: Date.parse('2026-01-06T00:00:00Z'), dynamic: () => [] };
const FINGERPRINT = { version: 'c', parts: {} };
const MAPPINGS = [
  '',
  'identity',
  'last',
  'specific: [2026-01-01, 2025-03-04]',
  'time_window: { start_offset: -2, end_offset: 0 }',
  'time_window: { start_offset: -1, end_offset: -1 }',
];

function projectWith(mapping: string): Project {
  const written = mapping.includes(':') ? `{ ${mapping} }` : mapping;
  const raw = mapping === '' ? 'raw' : `{ asset: raw, partition_mapping: ${written} }`;
  return projectOf({
    'branchline.yaml': `name: shop
partitions: { days: { daily: { start: 2024-06-01 } }, weeks: { weekly: { start: 2024-06-01 } }, late: { daily: { start: 2024-09-01 } } }
assets:
  raw: { run: "true", partitions: days }
  region/sales-2: { run: "true", partitions: days }
  week: { run: "true", partitions: weeks }
  late: { run: "true", partitions: late }
  whole: { run: "true" }
  one: { run: "true", partitions: days, deps: [${raw}] }
  mart:
    run: "true"
    partitions: days
    deps: [${raw}, late, week, whole, region/sales-2]
`,
  });
}

/** What would be read of one key, told from the reader's own words on what is read, one key after the other. */
function plainly(reader: PartitionReader, asset: Asset, key: string, lost: ReadonlyMap<string, string>) {
  const record = reader.record(asset.key, key);
  const made = record?.materialized;
  const says = (reason: Staleness['reason'], ...detail: string[]) => ({ reason, detail });
  if (!made) return says(record?.failed ? 'failed_last' : 'never_materialized');
  const gone = lost.get(partitionName(asset.key, key));
  if (gone !== undefined) return says('data_lost', gone);
  if (record.failed) return says('failed_last');
  if (made.codeVersion !== FINGERPRINT.version) return says('code_changed');
  return usedBy(reader, asset, key) === made.used ? undefined : says('upstream_changed');
}

function usedBy(reader: PartitionReader, asset: Asset, key: string): string {
  const read = asset.deps.map((dep) => [dep, reader.read(asset.key, dep, [key]).version] as const);
  return usedDigest(Object.fromEntries(read.flatMap(([dep, version]) => (version === null ? [] : [[dep, version]]))));
}

const turn = [1, 1] as const;
const failed = { run: 'r', at: '2026-01-05T00:00:00.000Z', turn } as const;
const made = (dataVersion: string, used: string, codeVersion = 'c'): PartitionRecord => ({
  materialized: { run: 'r', at: '2026-01-05T00:00:00.000Z', codeVersion, dataVersion, used, turn },
});

/** As they would come from the state: most in leaves, every so many of them newer than the leaves. */
function asRead(asset: string, records: PartitionRecords, newer: number): PartitionRecords {
  const leaves = [...encodeLeaves(asset, [], new Map(), records)].map(
    ([path, text]) => decodeLeaf(basename(path), text, [])!,
  );
  const changed = [...records].filter((_, place) => newer > 0 && place % newer === 0);
  return withRecords(recordsOfLeaves(leaves), new Map(changed));
}

const rareThings = ['short', 'quoted12 "cc', 'none', 'failed', 'gone'] as const;
const history = fc.record({
  seed: fc.nat(1e6),
  /** One key in so many has something rare. */
  rare: fc.constantFrom(3, 40, 1000),
  stale: fc.constantFrom(2, 50, 5000),
  newer: fc.constantFrom(0, 1, 7),
  isWholeMade: fc.boolean(),
});

test('property: many keys at once are judged as each by itself, over histories, mappings, failures and lost data', () => {
  const projects = MAPPINGS.map(projectWith);
  fc.assert(
    fc.property(fc.constantFrom(...projects), history, fc.constantFrom('one', 'mart'), (project, world, name) => {
      const asset = project.assets[name]!;
      const chance = (of: string, one: number): boolean =>
        Number.parseInt(sha256(`${world.seed} ${of}`).slice(0, 8), 16) % one === 0;
      const partitions = new Map<string, PartitionRecords>();
      const whole = { materialized: { dataVersion: `sha256:${sha256('whole')}` } } as unknown as AssetRecord;
      const assets = new Map(world.isWholeMade ? [['whole', whole]] : []);
      const view: StateView = { ...emptyView('local'), assets, partitions };
      const reader = openPartitionReader(project, view, AT);
      const rareOf = (id: string) => (chance(id, world.rare) ? rareThings[id.length % 2 ? world.seed % 5 : 0] : '');
      for (const dep of asset.deps) {
        const records = new Map<string, PartitionRecord>();
        for (const key of reader.keysOf(dep)) {
          const rare = rareOf(`${dep} ${key}`);
          if (rare === 'none') continue;
          const version = rare && rare.length < 13 ? rare.slice(0, 12) : sha256(`${dep} ${key}`).slice(0, 12);
          records.set(key, made(shortVersion(version), 'x'));
        }
        if (dep !== 'whole') partitions.set(dep, asRead(dep, records, world.newer));
      }
      const lost = new Map<string, string>();
      const records = new Map<string, PartitionRecord>();
      for (const key of reader.keysOf(name)) {
        const rare = rareOf(`${name} ${key}`);
        const used = chance(`used ${key}`, world.stale) ? 'abcdef012345' : usedBy(reader, asset, key);
        const record = made(sha256(key).slice(0, 12), used, rare === 'short' ? 'older' : 'c');
        if (rare === 'gone') lost.set(partitionName(name, key), 'the file is not there');
        if (rare === 'none') records.set(key, chance(key, 2) ? { failed } : {});
        else records.set(key, rare === 'failed' ? { ...record, failed } : record);
      }
      partitions.set(name, asRead(name, records, world.newer));
      const keys = [...reader.keysOf(name), '1999-01-01'];
      const expected = keys.flatMap((key) => {
        const staleness = plainly(reader, asset, key, lost);
        return staleness ? [[key, staleness] as const] : [];
      });
      expect([...reader.stale(asset, keys, FINGERPRINT, lost)]).toEqual(expected);
      const some = keys.filter((_, place) => place % 29 === 0);
      expect(some.map((key) => reader.staleness(asset, key, FINGERPRINT, lost))).toEqual(
        some.map((key) => plainly(reader, asset, key, lost)),
      );
      for (const [first] of reader.stale(asset, keys, FINGERPRINT, lost)) {
        expect(first).toBe(expected[0]![0]);
        break;
      }
    }),
    { numRuns: 25 },
  );
});
