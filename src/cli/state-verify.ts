import { inputFailure } from '../app/failure.ts';
import { verifyStore } from '../app/state-commands.ts';
import { repairStore } from '../app/state-repair.ts';
import { openHost } from '../compose/wiring.ts';
import { count } from '../render/style.ts';
import type { GlobalOptions } from './main.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';
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
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, store } = opened.value;
  const verified = await verifyStore(store, options.environment, options.at);
  if (!verified.ok) return printFailure(host, verified.error, options.json);
  const { problems, files, commit } = verified.value;
  if (options.json) printJson({ version: 1, commit: commit ?? null, files, problems });
  else if (commit === undefined) host.print(`${store.label} has no commits yet.`);
  else if (problems.length === 0)
    host.print(`${store.label} at ${commit.slice(0, 7)}: ${count(files, 'file')}, all fine.`);
  else {
    for (const problem of problems)
      host.print(`${problem.file}${problem.line > 0 ? `:${problem.line}` : ''}: ${problem.message}`);
    host.print(`\n${count(problems.length, 'problem')} in ${store.label} at ${commit.slice(0, 7)}.`);
  }
  return problems.length === 0 ? 0 : 3;
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
      if (!(await confirm(`This writes the derived files of ${label} anew. Go on?`))) return 2;
    const repaired = await repairStore(world.state, { dryRun, pages: world.run.pages });
    if (!repaired.ok) return printFailure(host, repaired.error, options.json);
    const { rebuilt, removed, commit } = repaired.value;
    if (options.json) printJson({ version: 1, dryRun, rebuilt, removed, commit: commit ?? null });
    else if (rebuilt.length + removed.length === 0) host.print(`Nothing to repair in ${label}.`);
    else {
      for (const path of rebuilt) host.print(`${path}: ${dryRun ? 'would be rebuilt' : 'rebuilt'} from the events`);
      for (const path of removed)
        host.print(`${path}: ${dryRun ? 'would be removed' : 'removed'}, no event asks for it`);
      if (commit !== undefined) host.print(`\nRepaired ${label} at ${commit.slice(0, 7)}.`);
    }
    return 0;
  });
}
