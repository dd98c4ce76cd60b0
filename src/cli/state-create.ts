import { createState } from '../app/state-upkeep.ts';
import { printFailure, printJson } from './print.ts';
import { type StateWritingOptions, withStateWriting } from './state-writing.ts';

interface CreateOptions extends StateWritingOptions {
  readonly anew?: boolean;
}

/** `branchline state create [--anew]`: the first commit and the witness, without a run. */
export async function run(options: CreateOptions): Promise<number> {
  return withStateWriting(options, async ({ opened, world, session, confirm }) => {
    const { host } = opened;
    const { label } = world.store;
    if (options.environment === 'production' || options.anew) {
      const anew = options.anew ? ' The state that was there is not brought back.' : '';
      if (!(await confirm(`This makes the first commit of ${label}.${anew} Go on?`))) return 2;
    }
    const created = await createState(session, { anew: options.anew === true, pages: world.run.pages });
    if (!created.ok) return printFailure(host, created.error, options.json);
    const commit = created.value;
    if (options.json) printJson({ version: 1, created: commit !== undefined, commit: commit ?? null });
    else if (commit === undefined) host.print(`${label} is there already: nothing was changed.`);
    else host.print(`Created ${label} at ${commit.slice(0, 7)}. \`branchline run\` or \`tick\` goes on from here.`);
    return 0;
  });
}
