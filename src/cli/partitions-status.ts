import { assetsAbout, partitionSummaries } from '../app/partition-commands.ts';
import { keysAt } from '../app/planning.ts';
import { partitionsToLookFor, presentPartitions } from '../app/present-partitions.ts';
import { readState } from '../app/state-reading.ts';
import { unknownStanding } from '../app/unknown-besides.ts';
import { watchUnknown } from '../app/unknown-watch.ts';
import { openHost } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import type { StateView } from '../model/state.ts';
import { renderPartitions } from '../render/partitions-text.ts';
import { count } from '../render/style.ts';
import type { KeysAt } from '../time/partitions/keys.ts';
import type { GlobalOptions } from './command.ts';
import { instantOf } from './instant.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading, type Reading } from './reading.ts';

export interface PartitionsOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly at?: string;
}

interface StatusOptions extends PartitionsOptions {
  readonly now?: string;
}

/** With more partitions than this only those of an asset that is named are looked for in storage. */
const LOOKED_FOR_MAX = 200_000;

/** `branchline partitions status [asset|name]`. */
export async function run(options: StatusOptions, args: readonly string[]): Promise<number> {
  const now = instantOf(options.now);
  if (!now.ok) return printFailure(openHost().host, now.error, options.json);
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, project, store, clock, style } = opened.value;
  const assets = assetsAbout(project, args[0]);
  if (!assets.ok) return printFailure(host, assets.error, options.json);
  const state = await readState(
    { store, clock, environment: options.environment, projectName: project.name },
    options.at,
    { partitionsOf: new Set(assets.value) },
  );
  if (!state.ok) return printFailure(host, state.error, options.json);
  const at = keysAt(state.value.read.view, now.value ?? state.value.now);
  const view = await viewOf(opened.value, options, {
    assets: assets.value,
    view: state.value.read.view,
    at,
    isNamed: args.length > 0,
  });
  const summaries = partitionSummaries(project, view, assets.value, at);
  if (options.json) printJson({ version: 1, environment: options.environment, assets: summaries });
  else host.print(summaries.length === 0 ? 'No asset has partitions.' : renderPartitions(summaries, style));
  return 0;
}

/** The state as storage bears it out: what is gone is missing. What was so once cannot be asked now. */
async function viewOf(
  opened: Reading,
  options: PartitionsOptions,
  asked: {
    readonly assets: readonly string[];
    readonly view: StateView;
    readonly at: KeysAt;
    readonly isNamed: boolean;
  },
): Promise<StateView> {
  const { host, project } = opened;
  const { assets, view, at, isNamed } = asked;
  const looked = partitionsToLookFor(project, assets, at);
  if (options.at !== undefined || looked === 0) return view;
  if (!isNamed && looked > LOOKED_FOR_MAX) {
    host.progress(
      `Storage was not looked at: these are ${count(looked, 'partition')}. \`branchline partitions status <asset>\` says of one asset also what is lost.`,
    );
    return view;
  }
  const { environment } = options;
  const world = await openWorld(opened, project, { environment, signal: new AbortController().signal });
  // What the state says is worth showing without it.
  if (!world.ok) return view;
  try {
    const watch = watchUnknown(world.value.run.findLost, new Set(assets));
    const present = await presentPartitions(watch.findLost, project, view, assets, at);
    if (present.lost.size > 0) {
      const [why] = present.lost.values();
      host.progress(
        `${count(present.lost.size, 'partition')} that ${present.lost.size === 1 ? 'was' : 'were'} made ${present.lost.size === 1 ? 'is' : 'are'} lost, and missing here: ${why}.`,
      );
    }
    const unknown = unknownStanding({ project, environment, view, at, unknown: watch.found() });
    if (unknown !== undefined) host.progress(unknown);
    return present.view;
  } finally {
    await world.value.close();
  }
}
