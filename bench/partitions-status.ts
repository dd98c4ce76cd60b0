import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { PartitionRecord } from '../src/model/state.ts';
import { summarizePartitions } from '../src/plan/partition-status.ts';
import { openPartitionReader } from '../src/plan/partitioned.ts';
import { emptyView } from '../src/state/fold.ts';
import { decodeLeaf } from '../src/state/partition-files.ts';
import { assetName, partitionsProject } from './partitions-fixture.ts';

// Status and staleness of every partition of each asset, one asset after the other, from the leaves in a folder.
const [folder, count] = [process.argv[2]!, Number(process.argv[3])];
const { project, now } = partitionsProject(count, readdirSync(folder).length);
const at = { now, dynamic: () => [] };
const fingerprint = { version: 'c1', parts: {} };
const reading = new Map<string, ReadonlyMap<string, PartitionRecord>>();
const reader = openPartitionReader(project, { ...emptyView('local'), partitions: reading }, at);
let [made, stale] = [0, 0];
for (const [index, name] of readdirSync(folder).sort().entries()) {
  const asset = assetName(index);
  const records = new Map<string, PartitionRecord>();
  for (const file of readdirSync(join(folder, name)))
    for (const [key, record] of decodeLeaf(file, readFileSync(join(folder, name, file), 'utf8'), [])?.records ?? [])
      records.set(key, record);
  reading.clear();
  reading.set(asset, records);
  const keys = reader.keysOf(asset);
  made += summarizePartitions(asset, keys, records, new Set()).counts.materialized;
  for (const key of keys) if (reader.staleness(project.assets[asset]!, key, fingerprint, new Map())) stale++;
}
process.stdout.write(`${made} made, ${stale} stale\n`);
