/**
 * A program for tests and benchmarks: `CONTEND_COUNT` transactions, one after the other, on production's state of the
 * repository in the current folder, each with one event. Prints for each how many tries it took and how long, as a JSON
 * line; ends with 1 when one did not land. It begins when the file `CONTEND_GO` is there, so that many begin at once.
 */
import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { openStateStore } from '../adapters/git-state-store.ts';
import { systemClock } from '../adapters/system-clock.ts';
import type { AppFailure } from '../app/failure.ts';
import { openStateSession } from '../app/state-session.ts';
import { timestamp } from '../model/instant.ts';
import type { StateStore } from '../ports-state.ts';
import { numberEvents } from '../state/codec.ts';

const writer = process.env['CONTEND_WRITER']!;
const projectName = process.env['CONTEND_PROJECT'] ?? 'contended';
const count = Number(process.env['CONTEND_COUNT'] ?? 25);
/** Nobody may need more; then it gives up. */
const TRIES_MAX = 200;
let tries = 0;

const opened = await openStateStore({
  projectRoot: process.cwd(),
  projectName,
  branch: 'branchline/state',
  remote: 'origin',
  environment: 'production',
  privateFolder: process.env['CONTEND_FOLDER']!,
});
if (!opened.ok) throw new Error(opened.error.message);
const inner = opened.value;
const store: StateStore = {
  ...inner,
  commit(expected, change) {
    tries++;
    return inner.commit(expected, change);
  },
};
const session = openStateSession({
  store,
  clock: systemClock,
  random: Math.random,
  environment: 'production',
  projectName,
  writer,
  redact: (text) => text,
  warn: (text) => void process.stderr.write(`${text}\n`),
});

process.stdout.write('ready\n');
while (!existsSync(process.env['CONTEND_GO']!)) await delay(10);
for (let n = 1; n <= count; n++) {
  tries = 0;
  const startedAt = Date.now();
  const failure = await land(n);
  if (failure !== undefined) throw new Error(`${writer} ${n}: ${failure.code} ${failure.message}`);
  process.stdout.write(`${JSON.stringify({ n, tries, ms: Date.now() - startedAt })}\n`);
}

/** Tries until it has landed, as the recorder of a run does: two minutes may be few tries on a busy machine. */
async function land(n: number): Promise<AppFailure | undefined> {
  const outcome = await session.transact(
    async ({ read, now }) => ({
      kind: 'commit',
      events: numberEvents(writer, read.view.streams.get(writer) ?? 0, [
        { type: 'asset.observed', at: timestamp(now), asset: `external/${writer}`, dataVersion: `${n}`, metadata: {} },
      ]),
      message: `○ ${writer} ${n}`,
      value: undefined,
    }),
    { givesWay: true },
  );
  if (outcome.ok) return undefined;
  return outcome.error.code === 'state-outrun' && tries < TRIES_MAX ? land(n) : outcome.error;
}
