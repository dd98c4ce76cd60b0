import type { FinalizedRun } from '../app/finalize-wave.ts';

/** Who cancels a workflow run wants it to stop: nothing is started, and each run says how it goes on if somebody wants it to. */
export function howToGoOn(runs: readonly FinalizedRun[]): string[] {
  const ended = runs.filter(({ state }) => state === 'CANCELED').map(({ run }) => run.plan);
  const backfills = [...new Set(ended.flatMap(({ tags }) => tags['branchline/backfill'] ?? []))];
  return [
    'The workflow run was canceled on GitHub: what had finished is recorded, and no next wave is started.',
    ...ended.map(
      ({ runId }) =>
        `Run ${runId} is CANCELED, and nothing tries it again by itself. \`branchline retry ${runId} --from-failure --environment production\` makes what is left, or *Run workflow* with command \`retry\` and run-id \`${runId}\`.`,
    ),
    ...backfills.map(
      (backfill) => `Backfill ${backfill} goes on with its other runs; \`branchline cancel ${backfill}\` ends it.`,
    ),
  ];
}
