import { stateLog } from '../app/state-commands.ts';
import { columns, paint, safeLine } from '../render/style.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForLooking } from './reading.ts';

interface LogOptions extends GlobalOptions {
  readonly limit: number;
  readonly at?: string;
  readonly environment: 'local' | 'production';
}

/** `branchline state log`: the diary, newest first. */
export async function run(options: LogOptions): Promise<number> {
  const opened = await openForLooking(options);
  if (!opened.ok) return opened.error;
  const { host, style, store } = opened.value;
  const log = await stateLog(store, options.limit, options.at);
  if (!log.ok) return printFailure(host, log.error, options.json);
  if (options.json) printJson({ version: 1, commits: log.value });
  else if (log.value.length === 0) host.print(`${store.label} has no commits yet: \`branchline run\` makes the first.`);
  else
    host.print(
      columns(
        log.value.map((commit) => [
          paint(style, 'yellow', commit.commit.slice(0, 7)),
          commit.at.slice(0, 16).replace('T', ' '),
          safeLine(commit.subject, 160),
        ]),
      ).join('\n'),
    );
  return 0;
}
