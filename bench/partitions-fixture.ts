import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { sha256 } from '../src/base/digest.ts';
import { timestamp } from '../src/model/instant.ts';
import type { TimePartitions } from '../src/model/partitions.ts';
import type { Project } from '../src/model/project.ts';
import type { PartitionRecord } from '../src/model/state.ts';
import { usedDigest } from '../src/model/versions.ts';
import { encodeLeaves } from '../src/state/partition-files.ts';
import { openPartitions } from '../src/time/partitions/keys.ts';
import { numbered } from './fixture.ts';

const DAY_MS = 86_400_000;
const START_MS = Date.UTC(1999, 0, 1);

export function assetName(index: number): string {
  return numbered('mart_', index);
}

/** Which assets read the one before: none; every second, which makes pairs; each. */
export const READING = ['apart', 'pairs', 'chained'] as const;
export type Reading = (typeof READING)[number];

/** Whether an asset reads the same day of the one before it. */
export function readsBefore(reading: Reading, index: number): boolean {
  return reading === 'chained' ? index > 0 : reading === 'pairs' && index % 2 === 1;
}

/** Assets that are cut by day, each with so many partitions by now. Only what partitions are judged by. */
export function partitionsProject(
  partitions: number,
  assets: number,
  reading: Reading,
): { readonly project: Project; readonly now: number } {
  const days: TimePartitions = {
    kind: 'time',
    cron: '0 0 * * *',
    timezone: 'UTC',
    start: '1999-01-01',
    format: '%Y-%m-%d',
    endOffset: 0,
  };
  const all = Object.fromEntries(
    Array.from({ length: assets }, (_, index) => [
      assetName(index),
      {
        key: assetName(index),
        partitions: days,
        deps: readsBefore(reading, index) ? [assetName(index - 1)] : [],
        checks: [],
      },
    ]),
  );
  return { project: { assets: all } as unknown as Project, now: START_MS + partitions * DAY_MS };
}

/** The leaves of every asset, a folder each: all partitions made, each in a run of its day, with its own version. */
export function writeLeaves(folder: string, assets: number, partitions: number, reading: Reading): void {
  const { project, now } = partitionsProject(partitions, assets, reading);
  const keys = openPartitions(project.assets[assetName(0)]!.partitions!).keys({ now, dynamic: () => [] });
  for (let index = 0; index < assets; index++) {
    const asset = assetName(index);
    const records = new Map<string, PartitionRecord>(
      keys.map((key, place) => [
        key,
        {
          materialized: {
            run: `run-${Math.floor(place / 31)}`,
            at: timestamp(START_MS + place * DAY_MS),
            codeVersion: 'c1',
            dataVersion: versionOf(asset, key),
            used: usedDigest(Object.fromEntries(project.assets[asset]!.deps.map((dep) => [dep, versionOf(dep, key)]))),
            rows: 1000 + (place % 7),
            turn: [place + 1, 1],
          },
        },
      ]),
    );
    mkdirSync(join(folder, asset), { recursive: true });
    for (const [path, text] of encodeLeaves(asset, [], new Map(), records))
      writeFileSync(join(folder, asset, basename(path)), text);
  }
}

function versionOf(asset: string, key: string): string {
  return sha256(`${asset} ${key}`).slice(0, 12);
}
