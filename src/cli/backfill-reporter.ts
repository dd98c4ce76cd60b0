import type { BackfillObserver, CarriedBackfill } from '../app/start-backfill.ts';
import type { OpenProject } from '../compose/open-project.ts';
import type { BackfillProgress } from '../model/backfills.ts';
import { backfillBar, renderBackfill } from '../render/backfill-text.ts';
import { nameSome, safeLine, symbol } from '../render/style.ts';
import { formatDuration } from '../time/format.ts';
import { printJson } from './print.ts';
import type { ExecutionOptions } from './run.ts';

export interface BackfillReporter extends BackfillObserver {
  end(): void;
  /** The last word, and the exit code. */
  conclude(
    carried: CarriedBackfill,
    by: { readonly failOn: ExecutionOptions['failOn']; readonly isInterrupted: boolean },
  ): number;
}

/** Prints a backfill as it goes: a line a run, a bar below on a terminal. */
export function backfillReporter({ host, style }: OpenProject, quiet: boolean): BackfillReporter {
  return {
    onPlan: () => undefined,
    onEvent: () => undefined,
    onRun: () => undefined,
    onRunEnd({ plan, state, durationMs, drafts }) {
      if (quiet || plan.request.kind !== 'backfill') return;
      const { partitions, assets } = plan.request;
      const verdict = state === 'SUCCESS' ? 'ok' : state === 'FAILURE' ? 'failed' : 'skipped';
      const failure = drafts.find((draft) => draft.type === 'step.ended' && draft.failure !== undefined);
      const why = failure?.type === 'step.ended' ? `: ${failure.step}: ${safeLine(failure.failure!.message)}` : '';
      host.print(
        `${symbol(style, verdict)} ${partitions === undefined ? '' : `${partitions}  `}${nameSome(assets, 4)}  ${state === 'QUEUED' ? 'waits' : formatDuration(durationMs)}${why}`,
      );
    },
    onProgress(progress) {
      if (!quiet) host.status(backfillBar(progress, style));
    },
    end: () => host.status(''),
    conclude({ progress, runs, waits }, { failOn, isInterrupted }) {
      if (quiet)
        printJson({
          version: 1,
          ...progress,
          runs: runs.map(({ plan, state, durationMs }) => ({
            run: plan.runId,
            partitions: plan.request.kind === 'backfill' ? (plan.request.partitions ?? null) : null,
            state,
            durationMs,
          })),
          waits,
        });
      else {
        host.print(`\n${renderBackfill(progress, style)}`);
        if (waits.length > 0)
          host.print(
            `It is not over: ${nameSome(waits, 1)}. \`branchline backfill resume ${progress.backfill}\` or the next \`branchline tick\` carries it on.`,
          );
      }
      return exitCode(progress, waits, failOn, isInterrupted);
    },
  };
}

function exitCode(
  { state, failed }: BackfillProgress,
  waits: readonly string[],
  failOn: ExecutionOptions['failOn'],
  isInterrupted: boolean,
): number {
  if (isInterrupted) return 130;
  if (state === 'CANCELED') return 1;
  if (failOn !== 'never' && (state === 'COMPLETED_FAILED' || failed > 0)) return 1;
  return waits.length > 0 ? 3 : 0;
}
