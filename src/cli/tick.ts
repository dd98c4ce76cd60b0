import { madeGoodBy } from '../app/made-good.ts';
import { knownText, sentence } from '../app/run-message.ts';
import { runTick, type TickOutcome } from '../app/tick.ts';
import { automationLines, idleText, isIdle } from '../app/tick-text.ts';
import type { Json } from '../base/json.ts';
import { openHost } from '../compose/open-project.ts';
import { renderBackfill } from '../render/backfill-text.ts';
import { formatInstant } from '../time/format.ts';
import { instantOf } from './instant.ts';
import { printFailure, printJson } from './print.ts';
import { type ExecutionOptions, exitCodeOf, outcomeJson, withWorld } from './run.ts';
import { tickReporters } from './tick-reporters.ts';

interface TickOptions extends ExecutionOptions {
  readonly dryRun?: boolean;
  readonly now?: string;
}

/** `branchline tick`: judges the schedules, runs what is due. */
export async function run(options: TickOptions): Promise<number> {
  const given = instantOf(options.now);
  if (!given.ok) return printFailure(openHost().host, given.error, options.json);
  const now = given.value;
  return withWorld(
    { ...options, yes: options.yes || options.dryRun },
    now === undefined ? {} : { now },
    async (opened, world, settings) => {
      const { host } = opened;
      const reporters = tickReporters(opened, world, options.json === true);
      const outcome = await runTick(
        world.run,
        // Whoever ticks comes again.
        { ...settings, givesBack: true },
        {
          dryRun: options.dryRun === true,
          nowWasGiven: now !== undefined,
          ...(world.codeCommit === undefined ? {} : { code: world.codeCommit }),
        },
        reporters,
      );
      if (!outcome.ok) return printFailure(host, outcome.error, options.json);
      const { notes, runs, known, held, next } = outcome.value;
      if (!options.json) for (const each of known) host.print(sentence(knownText(each)));
      if (!options.json) for (const each of held) host.print(`Run ${each.run} waits: ${each.why}.`);
      if (options.json)
        printJson({
          version: 1,
          dryRun: options.dryRun === true,
          notes,
          due: outcome.value.due,
          runs: runsJson(runs),
          waiting: held.map(({ run, why }) => ({ run, why })),
          backfills: outcome.value.backfills,
          automation: automationJson(outcome.value.automation),
          next,
        });
      else {
        for (const note of notes) host.print(note.text);
        for (const each of outcome.value.backfills) host.print(`\n${renderBackfill(each, opened.style)}`);
        if (options.dryRun)
          for (const due of outcome.value.due)
            host.print(`Would run ${due.schedule}, due ${formatInstant(due.tick)} (${due.selection}).`);
        for (const line of automationLines(outcome.value.automation, options.dryRun === true)) host.print(line);
        if (isIdle(outcome.value))
          host.print(
            ['Nothing is due.', ...next.slice(0, 3).map((each) => idleText(each, outcome.value.before))].join(' '),
          );
      }
      const code = exitCodeOf(runs, options.failOn, world.run.signal.aborted);
      return Math.max(outcome.value.broken.length > 0 ? 1 : 0, code);
    },
  );
}

/** Runs with the retry, among them, that made good what failed. */
function runsJson(runs: TickOutcome['runs']): readonly Json[] {
  const good = madeGoodBy(runs);
  return runs.map((run) => {
    const retry = good.get(run.plan.runId);
    return { ...(outcomeJson(run) as Record<string, Json>), ...(retry === undefined ? {} : { madeGoodBy: retry }) };
  });
}

/** What assets ask for by themselves, as `--json` shows it. */
function automationJson({ asked, left }: TickOutcome['automation']): Json {
  return {
    asked: asked.map(({ run, request: { targets, partitions } }) => ({
      run,
      assets: targets.map(({ asset }) => asset),
      ...(partitions === undefined ? {} : { partitions }),
    })),
    left: left.map(({ asset, partitions }) => ({ asset, partitions })),
  };
}
