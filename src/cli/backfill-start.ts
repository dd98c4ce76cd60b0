import { inputFailure } from '../app/failure.ts';
import { carryOnBackfill, startBackfill } from '../app/start-backfill.ts';
import { backfillPreviewJson, renderBackfillPreview } from '../render/backfill-text.ts';
import { type AskingOptions, previewBackfill } from './backfill-asking.ts';
import { backfillReporter } from './backfill-reporter.ts';
import { isConfirmed } from './confirm.ts';
import { printFailure, printJson } from './print.ts';
import { type ExecutionOptions, withWorld } from './run.ts';

interface StartOptions extends AskingOptions, ExecutionOptions {
  readonly detach?: boolean;
  readonly dryRun?: boolean;
}

/** `branchline backfill start`: shows the runs, asks, records them and carries them out. */
export async function run(options: StartOptions): Promise<number> {
  return withWorld({ ...options, yes: true }, {}, async (opened, world, settings) => {
    const { host, style } = opened;
    const previewed = await previewBackfill(opened, world, settings.planning, options);
    if (!previewed.ok) return printFailure(host, previewed.error, options.json);
    const { id, asked, preview } = previewed.value;
    if (!options.json) host.print(`${renderBackfillPreview(preview, style)}\n`);
    if (options.dryRun) {
      if (options.json) printJson({ version: 1, dryRun: true, ...backfillPreviewJson(preview) });
      else host.print('Nothing was queued (--dry-run).');
      return 0;
    }
    // A laptop's own state is asked for where somebody can answer.
    const mustAsk = host.interactive || options.environment === 'production';
    const isFine = !mustAsk || (await isConfirmed(host, `Start this backfill of ${options.environment}?`, options.yes));
    if (!isFine)
      return printFailure(
        host,
        inputFailure('not-confirmed', 'Nothing was queued: it was not confirmed.', 'In a script say `--yes`.'),
        options.json,
      );
    const started = await startBackfill(world.run, settings, {
      id,
      options: previewed.value.options,
      previewed: asked,
    });
    if (!started.ok) return printFailure(host, started.error, options.json);
    if (!options.json) host.print(`Backfill ${id} is on record.`);
    if (options.detach) {
      if (options.json) printJson({ version: 1, ...backfillPreviewJson(preview) });
      else host.print(`The next \`branchline tick\` carries it on, or \`branchline backfill resume ${id}\` here.`);
      return 0;
    }
    const reporter = backfillReporter(opened, options.json === true);
    const carried = await carryOnBackfill(world.run, settings, id, reporter);
    reporter.end();
    if (!carried.ok) return printFailure(host, carried.error, options.json);
    return reporter.conclude(carried.value, { failOn: options.failOn, isInterrupted: world.run.signal.aborted });
  });
}
