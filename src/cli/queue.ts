import { createProcessHolders } from '../adapters/holders.ts';
import { buildPlanning } from '../app/planning.ts';
import { describeQueue, queueLines } from '../app/queue-command.ts';
import { partitionsOfQueue, waitingRunsOf, withDecidedRetries } from '../app/release.ts';
import { readState } from '../app/state-reading.ts';
import type { ProcessIdentity } from '../model/events.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { openForReading } from './reading.ts';

interface QueueOptions extends GlobalOptions {
  readonly at?: string;
  readonly environment: 'local' | 'production';
}

/** `branchline queue`: which runs are open, and what each that waits waits for. */
export async function run(options: QueueOptions): Promise<number> {
  const opened = await openForReading(options);
  if (!opened.ok) return opened.error;
  const { host, store, clock, project, tree } = opened.value;
  const planning = buildPlanning(project, tree);
  const ports = { store, clock, environment: options.environment, projectName: project.name };
  let state = await readState(ports, options.at);
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { view } = withDecidedRetries(state.value.read.view, state.value.now);
  const partitions = partitionsOfQueue(planning, waitingRunsOf(view));
  if (partitions.size > 0) state = await readState(ports, options.at, { partitionsOf: partitions });
  if (!state.ok) return printFailure(host, state.error, options.json);
  const { read, now } = state.value;
  // Of an older state nothing can be said by the processes of today.
  const processes = options.at === undefined ? createProcessHolders() : undefined;
  const isGone = processes && ((holder: ProcessIdentity) => processes.judge(holder) === 'gone');
  const report = await describeQueue(planning, read.view, now, isGone);
  if (!report.ok) return printFailure(host, report.error, options.json);
  if (options.json) printJson({ version: 1, ...report.value });
  else for (const line of queueLines(report.value, now)) host.print(line);
  return 0;
}
