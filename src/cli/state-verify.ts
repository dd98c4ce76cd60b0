import { type AppFailure, inputFailure } from '../app/failure.ts';
import { findNewerArchives, type NewerArchive } from '../app/missing-events.ts';
import { archiveAdvice, missingText } from '../app/newer-archives.ts';
import { type Verified, verifyStore } from '../app/state-commands.ts';
import { readState } from '../app/state-reading.ts';
import { type Repaired, repairStore } from '../app/state-repair.ts';
import { ok, type Result } from '../base/result.ts';
import { openHost } from '../compose/open-project.ts';
import { count } from '../render/style.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForLooking, type Reading } from './reading.ts';
import { withStateWriting } from './state-writing.ts';

interface VerifyOptions extends GlobalOptions {
  readonly at?: string;
  readonly environment: 'local' | 'production';
  readonly repair?: boolean;
  readonly dryRun?: boolean;
  readonly yes?: boolean;
}

/** `branchline state verify`: every record, digest and projection. Exit code 3 when something is wrong. */
export async function run(options: VerifyOptions): Promise<number> {
  if (options.repair) return repair(options);
  const opened = await openForLooking(options);
  if (!opened.ok) return opened.error;
  const { host, store } = opened.value;
  const verified = await verifyStore(store, options.environment, options.at);
  if (!verified.ok) return printFailure(host, verified.error, options.json);
  const { problems, files, commit, long } = verified.value;
  // Of a state that is damaged nobody can tell what it lacks, and of one of the past nobody asks.
  const newer = problems.length === 0 && options.at === undefined ? await newerArchives(opened.value, options) : ok([]);
  if (!newer.ok) return printFailure(host, newer.error, options.json);
  if (options.json)
    printJson({
      version: 1,
      commit: commit ?? null,
      files,
      problems,
      ...(long.length === 0 ? {} : { longFiles: long }),
      ...archivesJson(newer.value),
    });
  else if (commit === undefined) host.print(`${store.label} has no commits yet.`);
  else if (problems.length === 0)
    host.print(`${store.label} at ${commit.slice(0, 7)}: ${count(files, 'file')}, all fine.`);
  else {
    for (const problem of problems)
      host.print(`${problem.file}${problem.line > 0 ? `:${problem.line}` : ''}: ${problem.message}`);
    host.print(`\n${count(problems.length, 'problem')} in ${store.label} at ${commit.slice(0, 7)}.`);
  }
  if (!options.json) for (const line of longLines(long)) host.print(line);
  if (!options.json)
    for (const { archive, missing } of newer.value)
      host.print(`${missingText(archive, missing)}. ${archiveAdvice(archive, options.environment)}`);
  return problems.length === 0 ? 0 : 3;
}

/** What is too long is told, and what becomes of it: it holds, so it is no damage. */
function longLines(long: Verified['long']): string[] {
  if (long.length === 0) return [];
  const mib = (bytes: number): string => `${(bytes / 1024 ** 2).toFixed(1)} MiB`;
  const told = long
    .slice(0, 10)
    .map(({ file, bytes }) => `${file}: ${mib(bytes)}; files of a state have 1 MiB at most`);
  if (long.length > told.length) told.push(`and ${long.length - told.length} more files of over 1 MiB`);
  return [
    ...told,
    'An older Branchline wrote what is that long. It is read like the rest, and none is written any more; in a file of `runs/` it is a run of a backfill of many thousand assets. Where a server refuses it, `state.retention` in `branchline.yaml` takes it off the branch with its day (`branchline state compact`).',
  ];
}

/** Archives that hold what the head lacks. */
async function newerArchives(
  { store, project, clock }: Reading,
  { environment }: VerifyOptions,
): Promise<Result<readonly NewerArchive[], AppFailure>> {
  const state = await readState({ store, environment, projectName: project.name, clock });
  return state.ok ? findNewerArchives(store, state.value) : state;
}

function archivesJson(newer: readonly NewerArchive[]): object {
  if (newer.length === 0) return {};
  return { newerArchives: newer.map(({ archive: { seq, commit }, missing }) => ({ seq, commit, missing })) };
}

/** `--repair`: derived files are written anew, from the events. */
async function repair(options: VerifyOptions): Promise<number> {
  if (options.at !== undefined) {
    const failure = inputFailure(
      'repair-of-the-past',
      '`--repair` mends the head; a commit of the past stays as it is.',
      'Leave `--at` away.',
    );
    return printFailure(openHost().host, failure, options.json);
  }
  return withStateWriting(options, async ({ opened, world, confirm }) => {
    const { host } = opened;
    const { label } = world.store;
    const { dryRun = false } = options;
    if (options.environment === 'production' && !dryRun)
      if (!(await confirm(`This writes the derived files of ${label} anew, and sets damaged events aside. Go on?`)))
        return 2;
    const repaired = await repairStore(world.state, { dryRun, pages: world.run.pages });
    if (!repaired.ok) return printFailure(host, repaired.error, options.json);
    const { rebuilt, restored, removed, salvaged, commit } = repaired.value;
    if (options.json)
      printJson({ version: 1, dryRun, rebuilt, restored, removed, quarantined: salvaged, commit: commit ?? null });
    else if (rebuilt.length + restored.length + removed.length + salvaged.length === 0)
      host.print(`Nothing to repair in ${label}.`);
    else {
      for (const line of quarantineLines(salvaged, dryRun)) host.print(line);
      for (const path of restored)
        host.print(
          `${path}: ${dryRun ? 'would be' : 'is'} back as an earlier commit has it; no day is missing with it`,
        );
      for (const path of rebuilt) host.print(`${path}: ${dryRun ? 'would be rebuilt' : 'rebuilt'} from the events`);
      for (const path of removed)
        host.print(`${path}: ${dryRun ? 'would be removed' : 'removed'}, no event asks for it`);
      if (commit !== undefined) host.print(`\nRepaired ${label} at ${commit.slice(0, 7)}.`);
    }
    return 0;
  });
}

/** What was lost, where it is kept, and how it comes back. */
function quarantineLines(salvaged: Repaired['salvaged'], dryRun: boolean): string[] {
  const lines: string[] = [];
  for (const { path, kept, problems } of salvaged) {
    const moved = dryRun ? 'would be kept' : 'kept';
    lines.push(`${path}: ${kept === undefined ? 'is gone' : `damaged; ${moved} as it is in ${kept}`}`);
    for (const { line, message } of problems.slice(0, 10))
      lines.push(`  ${line > 0 ? `line ${line}` : 'the file'}: ${message}`);
    if (problems.length > 10) lines.push(`  and ${problems.length - 10} more`);
  }
  const first = salvaged[0]?.path;
  if (first === undefined) return lines;
  return [
    ...lines,
    '',
    dryRun
      ? 'Events that cannot be read would count no longer. They may still be in the history of the branch, so look there first, in a clone of it:'
      : 'Events that cannot be read count no longer. They may still be in the history of the branch. To bring them back, in a clone of it:',
    `  git log --oneline -- ${first}          names the commit that damaged the file`,
    `  git show <commit>~1:${first} > ${first}`,
    `  git add ${first} && git commit -m "bring back events" && git push`,
    'and then `branchline state verify --repair` again.',
    '',
  ];
}
