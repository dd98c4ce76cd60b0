import { changeKeys, judgeKeysChange } from '../app/partition-commands.ts';
import { count } from '../render/style.ts';
import { printFailure, printJson } from './print.ts';
import { type StateWritingOptions, withStateWriting } from './state-writing.ts';

/** `branchline partitions add <set> <keys...>`. */
export async function run(options: StateWritingOptions, args: readonly string[]): Promise<number> {
  return changeSet(options, { set: args[0]!, add: args.slice(1), remove: [] });
}

/** Adds or removes keys of a dynamic set, and says what came of it. */
export async function changeSet(
  options: StateWritingOptions,
  change: { readonly set: string; readonly add: readonly string[]; readonly remove: readonly string[] },
): Promise<number> {
  return withStateWriting(options, async ({ opened, world, session, confirm }) => {
    const { host } = opened;
    const refused = judgeKeysChange(world.project, change);
    if (refused) return printFailure(host, refused, options.json);
    const isRemoval = change.remove.length > 0;
    if (isRemoval || options.environment === 'production') {
      const what = isRemoval
        ? `This takes ${change.remove.slice(0, 5).join(', ')}${change.remove.length > 5 ? ' …' : ''} out of \`${change.set}\`: no run makes ${change.remove.length === 1 ? 'it' : 'them'} any more; what was made stays recorded.`
        : `This adds ${count(change.add.length, 'key')} to \`${change.set}\` of production.`;
      if (!(await confirm(`${what} Go on?`))) return 2;
    }
    const changed = await changeKeys(session, change, { writer: world.run.writer, pages: world.run.pages });
    if (!changed.ok) return printFailure(host, changed.error, options.json);
    const { added, removed, keys, commit } = changed.value;
    if (options.json) printJson({ version: 1, set: change.set, added, removed, keys, stateCommit: commit ?? null });
    else if (commit === undefined)
      host.print(
        `Nothing to change: ${change.set} has ${keys === 1 ? 'this key' : `all of them among its ${count(keys, 'key')}`} already.`,
      );
    else {
      const parts = [
        added.length > 0 ? `added ${added.join(', ')}` : '',
        removed.length > 0 ? `removed ${removed.join(', ')}` : '',
      ].filter((part) => part !== '');
      host.print(`${change.set}: ${parts.join('; ')}. It has ${count(keys, 'key')} now.`);
    }
    return 0;
  });
}
