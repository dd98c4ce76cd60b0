import { triggerText } from '../app/run-message.ts';
import type { TickObserver } from '../app/tick.ts';
import type { OpenProject, World } from '../compose/wiring.ts';
import type { Host } from '../ports.ts';
import { formatInstant } from '../time/format.ts';
import { runReporter } from './run-reporter.ts';

/**
 * Prints the runs of a tick. The first one that is at work is shown as it goes; what others print in the meantime is kept
 * until their end, so that lines of two runs never mix.
 */
export function tickReporters(opened: OpenProject, world: World, quiet: boolean): TickObserver {
  const reporters = new Map<string, ReturnType<typeof runReporter> & { readonly flush: () => void }>();
  let live: string | undefined;
  const of = (run: string | undefined) => (run === undefined ? undefined : reporters.get(run));
  return {
    onRun(request, run) {
      const isLive = live === undefined;
      if (isLive) live = run;
      const { host, flush } = isLive ? { host: opened.host, flush: () => undefined } : keptHost(opened.host);
      const reporter = runReporter({ ...opened, host }, world, quiet);
      reporters.set(run, { ...reporter, flush });
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
      reporter?.flush();
      reporters.delete(runId);
      if (live === runId) live = undefined;
    },
  };
}

/** A host that keeps what is printed until it is flushed; it has no status line. */
function keptHost(host: Host): { readonly host: Host; readonly flush: () => void } {
  const lines: string[] = [];
  return {
    host: { ...host, print: (text) => void lines.push(text), status: () => undefined },
    flush: () => {
      for (const line of lines) host.print(line);
    },
  };
}
