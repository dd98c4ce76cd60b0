import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { summarizePartitions } from '../src/plan/partition-status.ts';
import { openPartitionReader } from '../src/plan/partitioned.ts';
import { decodeLeaf } from '../src/state/decode-leaf.ts';
import { emptyView } from '../src/state/fold.ts';
import { type PartitionRecords, recordsOfLeaves } from '../src/state/partition-records.ts';
import { partitionsProject, type Reading, readsBefore } from './partitions-fixture.ts';

// Status and staleness of every partition of each asset, one asset after the other, from the leaves in a folder. Of
// pairs, only the asset that reads the other is judged.
const [folder, count, how] = [process.argv[2]!, Number(process.argv[3]), process.argv[4] as Reading];
const names = readdirSync(folder).sort();
const { project, now } = partitionsProject(count, names.length, how);
const at = { now, dynamic: () => [] };
const fingerprint = { version: 'c1', parts: {} };
const lost = new Map<string, string>();
// What was read of an asset is needed by the next one at most. A map anew for each, as each command has its own: one that is
// emptied and filled again and again keeps much of what it held from being collected.
let reading: ReadonlyMap<string, PartitionRecords> = new Map();
const view = {
  ...emptyView('local'),
  get partitions() {
    return reading;
  },
};
const reader = openPartitionReader(project, view, at);
let [made, stale] = [0, 0];
for (const [index, asset] of names.entries()) {
  const records = recordsOfLeaves(
    readdirSync(join(folder, asset)).flatMap(
      (file) => decodeLeaf(file, readFileSync(join(folder, asset, file), 'utf8'), []) ?? [],
    ),
  );
  const before = names[index - 1];
  reading = new Map([...[...reading].filter(([known]) => known === before), [asset, records]]);
  if (how === 'pairs' && !readsBefore(how, index)) continue;
  const keys = reader.keysOf(asset);
  made += summarizePartitions(asset, keys, records, new Set()).counts.materialized;
  stale += [...reader.stale(project.assets[asset]!, keys, fingerprint, lost)].length;
}
process.stdout.write(`${made} made, ${stale} stale\n`);
