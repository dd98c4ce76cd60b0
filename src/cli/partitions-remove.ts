import { changeSet } from './partitions-add.ts';
import type { StateWritingOptions } from './state-writing.ts';

/** `branchline partitions remove <set> <keys...>`. */
export async function run(options: StateWritingOptions, args: readonly string[]): Promise<number> {
  return changeSet(options, { set: args[0]!, add: [], remove: args.slice(1) });
}
