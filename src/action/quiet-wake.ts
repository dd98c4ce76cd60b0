import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Begun, lookForQuiet, type QuietLook } from '../compose/quiet-look.ts';
import { timestamp } from '../model/instant.ts';
import { renderIdleSummary } from '../render/summary/frame.ts';
import { createRedactor } from '../run/redact.ts';
import { labelsAlike } from '../run/runs-on.ts';
import { formatInstant } from '../time/format.ts';
import { type JobContext, readContext } from './event.ts';
import { createGroupedLog } from './grouped-log.ts';
import { type ActionInputs, readInputs } from './inputs.ts';
import { jobFacts, withSafeDirectory, workflowText } from './job-facts.ts';
import type { JobResult } from './result.ts';
import { openRunner } from './runner.ts';
import { forOtherJobs, idleOutputs, tellResult } from './tell.ts';

/** What a wake-up came to before it loaded anything: its exit code, or what it has opened for the ordinary one. */
export type QuietWake = { readonly exit: number } | { readonly begun?: Begun };

/**
 * Ends a scheduled wake-up here where the head of the state says that nothing is due. Whatever is not plainly so is left to
 * the ordinary wake-up, which says what is wrong.
 */
export async function wakeQuietly(startedAt: number): Promise<QuietWake> {
  const { env } = process;
  const inputs = readInputs(env);
  const context = readContext(env, payloadOf(env['GITHUB_EVENT_PATH']));
  if (!inputs.ok || !context.ok || !mayBeQuiet(inputs.value, context.value)) return {};
  const { workspace, temp } = context.value;
  const { token, stateBranch } = inputs.value;
  const look = await lookForQuiet({
    root: resolve(join(workspace, inputs.value.project)),
    gitEnv: withSafeDirectory(env, workspace),
    ref: env['GITHUB_REF'] ?? '',
    privateFolder: join(temp, 'branchline'),
    ...(token === undefined ? {} : { token }),
    ...(stateBranch === undefined ? {} : { stateBranch }),
  });
  if (look.kind === 'unknown') return look.begun ? { begun: look.begun } : {};
  return { exit: await tellQuiet(inputs.value, context.value, look, startedAt) };
}

/** Only what no person has asked for. */
function mayBeQuiet({ command, stage, dryRun }: ActionInputs, { event, ref }: JobContext): boolean {
  const isTick = command.length === 1 && (command[0] === 'auto' || command[0] === 'tick');
  return (
    event.kind === 'schedule' && ref.kind === 'branch' && isTick && !dryRun && (stage === undefined || stage === 'plan')
  );
}

/** The event as the runner wrote it; nothing where it cannot be read. */
function payloadOf(path: string | undefined): unknown {
  try {
    return JSON.parse(readFileSync(path ?? '', 'utf8')) as unknown;
  } catch {
    return {};
  }
}

/** Says what an ordinary wake-up with nothing due would have said. */
async function tellQuiet(
  inputs: ActionInputs,
  context: JobContext,
  { note, project }: Extract<QuietLook, { kind: 'quiet' }>,
  startedAt: number,
): Promise<number> {
  const { env } = process;
  const runner = openRunner();
  for (const value of [inputs.token, ...inputs.secretEnv.map((name) => env[name])]) if (value) runner.mask(value);
  const log = createGroupedLog(
    (text) => process.stdout.write(text),
    () => randomBytes(16).toString('hex'),
  );
  const { name, hasPrices, branch } = project;
  const text = `Nothing is due before ${formatInstant(note.until)}, when ${note.schedule} is next: the newest commit of the state says so.`;
  log.print(text);
  const report = `${context.server}/${context.repository}/tree/${branch}`;
  const isPlan = inputs.stage === 'plan';
  const result: JobResult = {
    exit: 0,
    status: 'nothing',
    outputs: isPlan ? {} : idleOutputs(report),
    summary: {
      notes: [text],
      ...(isPlan
        ? { title: 'nothing to share out' }
        : { next: [{ schedule: note.schedule, tick: timestamp(note.until) }], links: { report } }),
    },
    annotations: [],
  };
  const telling = {
    runner,
    inputs,
    context,
    print: (line: string) => log.print(line),
    redactor: createRedactor([]),
    startedAt,
    // What a minute costs by the project's own prices takes its manifests.
    facts: hasPrices ? undefined : plainFacts(context, startedAt),
    project: { name, prices: {} },
  };
  return tellResult(telling, forOtherJobs(inputs, result), renderIdleSummary);
}

/** The job as it is billed, where its workflow says that without a parser; else nothing is told of it. */
function plainFacts({ workspace, isPublic }: JobContext, startedAt: number): ReturnType<typeof jobFacts> | undefined {
  const { env } = process;
  const text = workflowText(env, workspace);
  const labels = text === undefined ? [] : labelsAlike(text);
  return labels && jobFacts(env, startedAt, { isPublic, labels: () => labels });
}
