/**
 * A program for the row `commit`: from nothing, records the end of a run of five assets on the state of the repository in
 * the current folder, in one transaction, and pushes it. Its arguments are the assets: a run knows its own. `RECORD_AT` is the
 * machine's instant.
 */
import { openStateStore } from '../src/adapters/git-state-store.ts';
import { openStateSession } from '../src/app/state-session.ts';
import { runEvents } from '../src/testing/state-story.ts';

const writer = 'w';
const now = Date.parse(process.env['RECORD_AT']!);
const run = '20260101-record2345bench';

const opened = await openStateStore({
  projectRoot: process.cwd(),
  projectName: 'growth',
  branch: 'branchline/state',
  remote: 'origin',
  environment: 'production',
  privateFolder: process.env['RECORD_FOLDER']!,
});
if (!opened.ok) throw new Error(opened.error.message);
const session = openStateSession({
  store: opened.value,
  clock: { now: () => now, sleep: async () => {} },
  random: Math.random,
  environment: 'production',
  projectName: 'growth',
  writer,
  redact: (text) => text,
  warn: (text) => void process.stderr.write(`${text}\n`),
});
const assets = process.argv.slice(2);
const done = await session.transact(async ({ read }) => ({
  kind: 'commit',
  events: runEvents({ run, at: now, writer, assets: assets.map((asset) => ({ asset, outcome: 'success' })) }),
  message: `✓ often: ${assets.length} assets`,
  value: assets.filter((asset) => read.view.assets.has(asset)).length,
}));
if (!done.ok) throw new Error(`${done.error.code} ${done.error.message}`);
if (done.value.value !== 5 || done.value.commit === undefined) throw new Error('nothing was recorded');
