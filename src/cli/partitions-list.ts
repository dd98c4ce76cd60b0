import { findPartitions, keysOf, listPartitions } from '../app/partition-commands.ts';
import { keysAt } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { columns, count, paint } from '../render/style.ts';
import type { PartitionsOptions } from './partitions-status.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';

/** `branchline partitions list [asset|name]`: definitions, or the keys of one. */
export async function run(options: PartitionsOptions, args: readonly string[]): Promise<number> {
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, project, store, clock, style } = opened.value;
  const [word] = args;
  const subject = word === undefined ? undefined : findPartitions(project, word);
  if (subject?.ok === false) return printFailure(host, subject.error, options.json);
  // Which keys exist depends on the instant, and of dynamic sets on the state.
  const state = await readState(
    { store, clock, environment: options.environment, projectName: project.name },
    options.at,
  );
  if (!state.ok) return printFailure(host, state.error, options.json);
  const at = keysAt(state.value.read.view, state.value.now);
  if (subject === undefined) {
    const listed = listPartitions(project, at);
    if (options.json) printJson({ version: 1, definitions: listed });
    else if (listed.length === 0) host.print('No asset has partitions.');
    else
      host.print(
        columns(
          listed.map(({ name, kind, keys, first, last, assets }) => [
            name ?? paint(style, 'dim', '(of its own)'),
            kind,
            count(keys, 'key'),
            first === undefined ? '' : first === last ? first : `${first} … ${last}`,
            paint(style, 'dim', assets.join(', ')),
          ]),
        ).join('\n'),
      );
    return 0;
  }
  const keys = keysOf(subject.value.def, at);
  if (options.json) printJson({ version: 1, of: word, keys });
  else host.print(keys.length === 0 ? `${word} has no partitions yet.` : keys.join('\n'));
  return 0;
}
