import { assetToExplain, explainAsset, partitionsToExplain } from '../app/explain.ts';
import { buildPlanning } from '../app/planning.ts';
import { readState } from '../app/state-reading.ts';
import { untrackedCodeNotes } from '../app/untracked-code.ts';
import { openHost, openProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import { renderExplanation } from '../render/explain-text.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { instantOf } from './instant.ts';
import { printFailure, printJson } from './print.ts';

interface ExplainOptions extends GlobalOptions {
  readonly environment: 'local' | 'production';
  readonly partition?: string;
  readonly at?: string;
  readonly now?: string;
}

/** `branchline explain <asset>`: why it is as it is, and what makes it next. Writes nothing. */
export async function run(options: ExplainOptions, args: readonly string[]): Promise<number> {
  const now = instantOf(options.now);
  if (!now.ok) return printFailure(openHost().host, now.error, options.json);
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, tree, host, style } = opened.value;
  const { project } = loaded;
  if (!project) return printDiagnostics(opened.value, options.json);
  const asset = assetToExplain(project, args[0]!);
  if (!asset.ok) return printFailure(host, asset.error, options.json);
  const { environment, partition } = options;
  const world = await openWorld(opened.value, project, { environment, signal: new AbortController().signal });
  if (!world.ok) return printFailure(host, world.error, options.json);
  try {
    const planning = buildPlanning(project, tree);
    const first = partitionsToExplain(planning, asset.value, undefined);
    let state = await readState(world.value.state, options.at, { partitionsOf: first });
    if (!state.ok) return printFailure(host, state.error, options.json);
    const all = partitionsToExplain(planning, asset.value, state.value.read.view);
    if (all.size > first.size) state = await readState(world.value.state, options.at, { partitionsOf: all });
    if (!state.ok) return printFailure(host, state.error, options.json);
    const explained = await explainAsset({
      planning,
      view: state.value.read.view,
      now: now.value ?? state.value.now,
      environment,
      findLost: world.value.run.findLost,
      asset: asset.value,
      ...(partition === undefined ? {} : { partition }),
    });
    if (!explained.ok) return printFailure(host, explained.error, options.json);
    if (options.json) printJson({ version: 1, environment, ...explained.value });
    else {
      host.print(renderExplanation(explained.value, style, environment));
      const { stale } = explained.value;
      for (const note of stale ? untrackedCodeNotes([{ asset: asset.value.key, ...stale }], tree) : [])
        host.progress(note);
    }
    return 0;
  } finally {
    await world.value.close();
  }
}
