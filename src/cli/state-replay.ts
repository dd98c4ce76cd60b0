import { readFileSync, statSync } from 'node:fs';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { type Adopted, commitSource, type EventSource, journalSource, replayEvents } from '../app/state-replay.ts';
import { fail, type Result } from '../base/result.ts';
import type { StateStore } from '../ports-state.ts';
import { count } from '../render/style.ts';
import { printFailure, printJson } from './print.ts';
import { type StateWritingOptions, withStateWriting } from './state-writing.ts';

interface ReplayOptions extends StateWritingOptions {
  readonly force?: boolean;
}

/** `branchline state replay <file|commit>`: takes events in that are not in the state yet. */
export async function run(options: ReplayOptions, args: readonly string[]): Promise<number> {
  const name = args[0]!;
  // Opening the project changes the current folder.
  const file = readJournal(name);
  return withStateWriting(options, async ({ opened, world, session, confirm }) => {
    const { host } = opened;
    const source = file ?? (await sourceOf(world.store, name));
    if (!source.ok) return printFailure(host, source.error, options.json);
    const { label } = world.store;
    if (options.environment === 'production' && !options.dryRun)
      if (!(await confirm(`This takes ${count(source.value.events.length, 'event')} into ${label}. Go on?`))) return 2;
    const ports = {
      session,
      environment: options.environment,
      writer: world.run.writer,
      label,
      ...(world.run.pages ? { pages: world.run.pages } : {}),
    };
    const { dryRun = false, force = false } = options;
    const replayed = await replayEvents(ports, source.value, { dryRun, force });
    if (!replayed.ok) return printFailure(host, replayed.error, options.json);
    if (source.value.isCut && !options.json)
      host.progress(`The last line of ${name} was half written and is left out.`);
    const { total, fresh, streams, commit } = replayed.value;
    if (options.json)
      printJson({ version: 1, dryRun, source: name, events: total, fresh, streams, commit: commit ?? null });
    else host.print(text(replayed.value, label, dryRun));
    return 0;
  });
}

/** The text of a file of that name; undefined when there is none. */
function readJournal(name: string): Result<EventSource, AppFailure> | undefined {
  const stats = statSync(name, { throwIfNoEntry: false });
  if (!stats?.isFile()) return undefined;
  if (stats.size > JOURNAL_BYTES_MAX)
    return fail(inputFailure('journal-too-long', `${name} is longer than any journal: ${stats.size} bytes.`));
  return journalSource(name, readFileSync(name, 'utf8'));
}

async function sourceOf(store: StateStore, name: string): Promise<Result<EventSource, AppFailure>> {
  if (/^([0-9a-f]{40}|[0-9a-f]{64}|archive\/\d+)$/.test(name)) return commitSource(store, name);
  return fail(
    inputFailure(
      'no-journal',
      `There is no file ${name}.`,
      'Name a journal (the artifact of a run, unpacked), `archive/<seq>`, or the full id of a commit of the state.',
    ),
  );
}

function text({ total, fresh, commit }: Adopted, label: string, dryRun: boolean): string {
  const counted = total - fresh;
  const known = counted === 0 ? '' : ` ${counted} ${counted === 1 ? 'counts' : 'count'} already.`;
  if (fresh === 0) return `Nothing is new to ${label}: all ${count(total, 'event')} count already.`;
  if (dryRun) return `${count(fresh, 'event')} would be taken into ${label}.${known}`;
  return `${count(fresh, 'event')} taken into ${label} at ${commit?.slice(0, 7)}.${known}`;
}

/** More than a run of 10,000 steps writes. */
const JOURNAL_BYTES_MAX = 256 * 1024 * 1024;
