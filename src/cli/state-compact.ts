import { inputFailure } from '../app/failure.ts';
import { archiveText, type Compacted, type CompactOptions, compactState } from '../app/state-upkeep.ts';
import { openHost } from '../compose/open-project.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';
import type { StateArchive } from '../ports-state.ts';
import { count, formatCount } from '../render/style.ts';
import { parseDuration } from '../time/duration.ts';
import { printFailure, printJson } from './print.ts';
import { type StateWriting, type StateWritingOptions, withStateWriting } from './state-writing.ts';

interface CompactCommandOptions extends StateWritingOptions {
  readonly keep?: string;
}

/** `branchline state compact [--keep 90d]`: history begins anew, the old one becomes an archive. */
export async function run(options: CompactCommandOptions): Promise<number> {
  const keep = options.keep === undefined ? undefined : parseDuration(options.keep);
  if (keep && !keep.ok)
    return printFailure(
      openHost().host,
      inputFailure('duration', `--keep ${options.keep}: ${keep.error}`),
      options.json,
    );
  return withStateWriting(options, (writing) => compact(writing, options, keep?.value));
}

async function compact(
  { opened, world, session, confirm }: StateWriting,
  options: CompactCommandOptions,
  keepMs: number | undefined,
): Promise<number> {
  const { host, clock } = opened;
  const { store, state } = world;
  const { retentionMs } = state;
  const wanted: CompactOptions = { keepMs, now: clock.now(), dryRun: true, retentionMs };
  const preview = await compactState(state, session, wanted);
  if (!preview.ok) return printFailure(host, preview.error, options.json);
  const isIdle = preview.value.commits <= 1 && preview.value.drop.length === 0;
  if (options.dryRun || isIdle) {
    show(preview.value);
    return 0;
  }
  if (options.environment === 'production' || preview.value.drop.length > 0 || preview.value.events) {
    if (!options.json && !options.yes) host.progress(planText(preview.value));
    if (!(await confirm('This replaces the branch by one commit without history. Go on?'))) return 2;
  }
  const done = await compactState(state, session, { ...wanted, dryRun: false });
  if (!done.ok) return printFailure(host, done.error, options.json);
  show(done.value);
  const left = done.value.drop.length - done.value.dropped.length;
  if (left > 0)
    host.progress(
      `${count(left, 'archive')} could not be deleted: ${store.label} did not allow it. Its rules for refs/branchline/archive/* say who may.`,
    );
  return left > 0 ? 3 : 0;

  function show(result: Compacted): void {
    const { commits, seq, commit, events } = result;
    const dropped = options.dryRun ? result.drop : result.dropped;
    if (options.json)
      printJson({
        version: 1,
        dryRun: options.dryRun === true,
        commits,
        archive: commits <= 1 ? null : seq,
        commit: commit ?? null,
        dropped: dropped.map(archiveJson),
        retention: events ?? null,
      });
    else if (isIdle)
      host.print(`Nothing to compact in ${store.label}: its history is ${count(commits, 'commit')} long.`);
    else if (options.dryRun) host.print(planText(result));
    else host.print(doneText(result));
    if (!options.json && retentionMs !== undefined && !events) host.print(keptText(wanted.now - retentionMs));
  }
}

function planText({ commits, seq, drop, events }: Compacted): string {
  const lines = commits <= 1 ? [] : [`${count(commits, 'commit')} would go into archive/${seq}.`];
  if (events)
    lines.push(`${eventsText(events)} would leave the branch (\`state.retention\`); archive/${seq} has them.`);
  for (const archive of drop) lines.push(`${archiveText(archive)}, would be deleted with its history.`);
  return lines.join('\n');
}

/** What a retention says where it lets go of nothing. */
function keptText(oldest: EpochMs): string {
  return `\`state.retention\` is in force: all events since ${timestamp(oldest).slice(0, 10)} are kept, and there is nothing older to drop.`;
}

function eventsText({ from, until, days, events, runs, bytes }: NonNullable<Compacted['events']>): string {
  const span = from === until ? from : `${from} to ${until}`;
  return `${count(events, 'event')} and the steps of ${count(runs, 'run')} on ${count(days, 'day')} (${span}), ${formatCount(Math.ceil(bytes / 1000))} kB,`;
}

function doneText({ commits, seq, commit, dropped, events }: Compacted): string {
  const lines =
    commit === undefined
      ? []
      : [`${count(commits, 'commit')} are in archive/${seq} now; the head is ${commit.slice(0, 7)}.`];
  if (events) lines.push(`${eventsText(events)} have left the branch; archive/${seq} has them.`);
  for (const archive of dropped) lines.push(`${archiveText(archive)}, is deleted.`);
  return lines.join('\n');
}

function archiveJson({ seq, commit, committedAt }: StateArchive): Record<string, unknown> {
  return { seq, commit, committedAt: timestamp(committedAt) };
}
