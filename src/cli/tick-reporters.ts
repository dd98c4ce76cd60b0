import { triggerText } from '../app/run-message.ts';
import type { TickObserver } from '../app/tick.ts';
import type { OpenProject } from '../compose/open-project.ts';
import { formatInstant } from '../time/format.ts';
import { type ReportedWorld, runReporter } from './run-reporter.ts';
import { takeTurns } from './turns.ts';

/** Prints the runs of a tick, each in one piece: the first one that is at work is shown as it goes. */
export function tickReporters(
  opened: Pick<OpenProject, 'host' | 'style' | 'loaded'>,
  world: ReportedWorld,
  quiet: boolean,
): TickObserver {
  const reporters = new Map<string, ReturnType<typeof runReporter> & { readonly done: () => void }>();
  const begin = takeTurns(opened.host);
  const of = (run: string | undefined) => (run === undefined ? undefined : reporters.get(run));
  return {
    onRun(request, run) {
      const { host, done } = begin();
      reporters.set(run, { ...runReporter({ ...opened, host }, world, quiet), done });
      if (quiet) return;
      const title =
        request.kind === 'schedule'
          ? `${request.schedule}, due ${formatInstant(request.tick)}:`
          : request.kind === 'automation'
            ? `${triggerText(request)}:`
            : `${triggerText(request)}, which waited:`;
      host.print(title);
    },
    onPlan: (plan) => of(plan.runId)?.onPlan(plan),
    onEvent: (event) => of(event.run)?.onEvent(event),
    onRunEnd(outcome) {
      const { runId } = outcome.plan;
      const reporter = of(runId);
      reporter?.end();
      reporter?.summary(outcome);
      reporter?.done();
      reporters.delete(runId);
    },
  };
}
