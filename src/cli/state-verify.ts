import { verifyStore } from '../app/state-commands.ts';
import { count } from '../render/style.ts';
import type { GlobalOptions } from './main.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';

interface VerifyOptions extends GlobalOptions {
  readonly at?: string;
  readonly environment: 'local' | 'production';
}

/** `branchline state verify`: every record, digest and projection. Exit code 3 when something is wrong. */
export async function run(options: VerifyOptions): Promise<number> {
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
