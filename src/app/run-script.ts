import { unreachable } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { ProcessExit, ProcessRunner, Scratch, StepFolder } from '../ports.ts';
import { parsePipesMessages } from '../run/pipes.ts';
import type { Redactor } from '../run/redact.ts';
import { type StepEnvironmentInput, type StepFiles, stepEnvironment } from '../run/step-environment.ts';
import { parseStepOutput } from '../run/step-output.ts';
import {
  mergeReports,
  type ReportProblem,
  type ReportScope,
  redactReport,
  type StepReport,
} from '../run/step-report.ts';

export interface ScriptInput {
  readonly script: string;
  readonly shell: string;
  /** Absolute. */
  readonly cwd: string;
  readonly timeoutMs?: number;
  /** Absolute path of the step's log; appended to. */
  readonly log: string;
  readonly redactor: Redactor;
  /** Hears whole lines, redacted. */
  readonly onOutput?: (text: string) => void;
  /** All that the environment is made of, but for the files, which are made here. */
  readonly environment: Omit<StepEnvironmentInput, 'files'>;
  /** Keys of the partitions that it makes. */
  readonly partitions?: readonly string[];
  /** Checks whose results may come from this script, by asset. */
  readonly checks: ReportScope['checks'];
}

export interface ScriptResult {
  readonly outcome: 'success' | 'failure' | 'canceled';
  /** Unless it succeeded. */
  readonly failure?: Failure;
  readonly exit: ProcessExit;
  /** What it said, whatever its outcome: an asset that it handed over stays materialized. Redacted. */
  readonly report: StepReport;
  /** Names of the secrets that it got, sorted. */
  readonly secretsHandedIn: readonly string[];
}

const OUTPUT_BYTES_MAX = 4 * 1024 * 1024;
const MESSAGES_BYTES_MAX = 16 * 1024 * 1024;

/** Runs the script of a step or check as "What a step sees" says, and reads back what it said. Never throws. */
export async function runScript(
  ports: { readonly processes: ProcessRunner; readonly scratch: Scratch },
  input: ScriptInput,
  signal: AbortSignal,
): Promise<ScriptResult> {
  const opened = ports.scratch.open();
  if (!opened.ok) return notStarted(input, opened.error.message);
  const folder = opened.value;
  try {
    return await runIn(folder, ports.processes, input, signal);
  } catch (error) {
    // The folder is on a disk that may be full, or was taken away by the script.
    return notStarted(input, `the step's private files failed: ${(error as Error).message}`);
  } finally {
    folder.close();
  }
}

async function runIn(
  folder: StepFolder,
  processes: ProcessRunner,
  input: ScriptInput,
  signal: AbortSignal,
): Promise<ScriptResult> {
  const { script, shell, cwd, timeoutMs, log, redactor, onOutput } = input;
  const files = stepFiles(folder);
  const { env, secretsHandedIn } = stepEnvironment({ ...input.environment, files });
  const stream = redactor.masks ? redactor.stream : undefined;
  const spec = { script, shell, cwd, env, timeoutMs, log, onOutput, redactor: stream };
  const exit = await processes.run(spec, signal);
  const report = redactReport(readReport(folder, files, input), redactor.text);
  if (report.logs.length > 0) {
    const text = report.logs.map(({ level, message }) => `[dagster-pipes] ${level} ${message}\n`).join('');
    folder.appendLog(log, text);
    onOutput?.(text);
  }
  const failure = failureOf(exit, report, timeoutMs);
  const outcome = failure === undefined ? 'success' : failure.class === 'cancel' ? 'canceled' : 'failure';
  return { outcome, failure, exit, report, secretsHandedIn };
}

function stepFiles(folder: StepFolder): StepFiles {
  return {
    branchlineOutput: folder.freshPath('output'),
    pipesMessages: folder.freshPath('pipes'),
    githubOutput: folder.emptyFile('github-output'),
    githubEnv: folder.emptyFile('github-env'),
    githubPath: folder.emptyFile('github-path'),
    githubState: folder.emptyFile('github-state'),
    githubStepSummary: folder.emptyFile('github-step-summary'),
  };
}

function readReport(folder: StepFolder, files: StepFiles, input: ScriptInput): StepReport {
  const scope: ReportScope = {
    assets: input.environment.assets,
    checks: input.checks,
    ...(input.partitions ? { partitions: input.partitions } : {}),
  };
  const output = folder.read(files.branchlineOutput, OUTPUT_BYTES_MAX);
  const messages = folder.read(files.pipesMessages, MESSAGES_BYTES_MAX);
  const report = mergeReports(parseStepOutput(output.text, scope), parsePipesMessages(messages.text, scope));
  const tooLong: ReportProblem[] = [];
  if (!output.isWhole) tooLong.push(tooLongProblem('BRANCHLINE_OUTPUT', OUTPUT_BYTES_MAX));
  if (!messages.isWhole) tooLong.push(tooLongProblem('Dagster Pipes', MESSAGES_BYTES_MAX));
  return { ...report, problems: [...tooLong, ...report.problems] };
}

function tooLongProblem(source: ReportProblem['source'], bytesMax: number): ReportProblem {
  return { source, line: 1, message: `more than ${bytesMax / 1024 / 1024} MiB: the rest was not read` };
}

/** Why a script that ended so has failed; undefined when it has not. How it ended comes before what it said. */
export function failureOf(exit: ProcessExit, report: StepReport, timeoutMs: number | undefined): Failure | undefined {
  const logTail = exit.tail === '' ? undefined : exit.tail;
  const because = report.exception === undefined ? '' : ` (${report.exception})`;
  switch (exit.kind) {
    case 'not-started':
      return {
        class: 'step',
        code: 'not-started',
        message: exit.message ?? 'the script could not be started',
        logTail,
      };
    case 'canceled':
      return { class: 'cancel', code: 'canceled', message: 'canceled before it ended', logTail };
    case 'timed-out': {
      const limit = timeoutMs === undefined ? '' : ` of ${timeoutMs / 1000} s`;
      return { class: 'timeout', code: 'timeout', message: `stopped: its timeout${limit} was over`, logTail };
    }
    case 'signaled': {
      const hint = exit.signal === 'SIGKILL' ? '; nobody here sent it, often the system is out of memory' : '';
      const message = `the script was ended by ${exit.signal}${hint}${because}`;
      return { class: 'step', code: 'signal', message, signal: exit.signal, logTail };
    }
    case 'exited': {
      if (exit.code !== 0) {
        const message = `the script ended with exit code ${exit.code}${because}`;
        return { class: 'step', code: 'exit-code', message, exitCode: exit.code, logTail };
      }
      if (report.exception !== undefined) {
        return { class: 'step', code: 'pipes-exception', message: `the script reported ${report.exception}`, logTail };
      }
      return reportFailure(report.problems, logTail);
    }
    default:
      return unreachable(exit.kind);
  }
}

function reportFailure(problems: readonly ReportProblem[], logTail: string | undefined): Failure | undefined {
  const [first, ...others] = problems;
  if (!first) return undefined;
  const more = others.length === 0 ? '' : ` (and ${others.length} more)`;
  const message = `what the script reported is not understood: ${first.source}, line ${first.line}: ${first.message}${more}`;
  return { class: 'step', code: 'report-invalid', message, exitCode: 0, logTail };
}

function notStarted(input: ScriptInput, message: string): ScriptResult {
  const redacted = input.redactor.text(message);
  return {
    outcome: 'failure',
    failure: { class: 'infrastructure', code: 'scratch', message: redacted },
    exit: { kind: 'not-started', durationMs: 0, tail: '', message: redacted },
    report: { assets: {}, checks: [], logs: [], problems: [] },
    secretsHandedIn: [],
  };
}
