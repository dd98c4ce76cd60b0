import { buildPlanning } from '../app/planning.ts';
import { openHost, openProject } from '../compose/open-project.ts';
import { openWorld } from '../compose/wiring.ts';
import { backfillPreviewJson, renderBackfillPreview } from '../render/backfill-text.ts';
import { type AskingOptions, previewBackfill } from './backfill-asking.ts';
import { printDiagnostics } from './check.ts';
import { printFailure, printJson } from './print.ts';

/** `branchline backfill preview`: the exact runs and their keys; records nothing. */
export async function run(options: AskingOptions): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, tree, host, style } = opened.value;
  if (!loaded.project) return printDiagnostics(opened.value, options.json);
  const world = await openWorld(opened.value, loaded.project, {
    environment: options.environment,
    signal: new AbortController().signal,
  });
  if (!world.ok) return printFailure(host, world.error, options.json);
  try {
    const planning = buildPlanning(loaded.project, tree);
    const previewed = await previewBackfill(opened.value, world.value, planning, options);
    if (!previewed.ok) return printFailure(host, previewed.error, options.json);
    const { backfill: _notStarted, ...preview } = backfillPreviewJson(previewed.value.preview);
    if (options.json) printJson({ version: 1, ...preview });
    else
      host.print(
        `${renderBackfillPreview(previewed.value.preview, style)}\n\nNothing was queued: \`branchline backfill start\` with the same options does this.`,
      );
    return 0;
  } finally {
    await world.value.close();
  }
}
