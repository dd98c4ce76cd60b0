import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ActionManifest, inputVariables, readActionManifest } from './action-manifest.ts';
import { killTree } from './process-family.ts';
import { type RunnerJob, runnerVariables } from './runner-environment.ts';
import { runSetUp, type SetUpScript } from './set-up.ts';
import {
  type LogReader,
  type Masks,
  makeMasks,
  readCommandFile,
  readLog,
  type SeenAnnotation,
} from './workflow-commands.ts';

/** A summary above this is dropped, with an error. */
const SUMMARY_BYTES_MAX = 1024 * 1024;

export interface ActionStep {
  /** Absolute folder of its `action.yml`. */
  readonly action: string;
  /** Built files that take the place of a folder of the repository: `dist` as the sources make it now. */
  readonly built?: { readonly folder: string; readonly instead: string };
  readonly with?: Readonly<Record<string, string>>;
  /** `env:` of the step. */
  readonly env?: Readonly<Record<string, string>>;
  /** Steps before it, in the workspace. */
  readonly setUp?: readonly SetUpScript[];
  /** Values that GitHub knows as secrets of the job, and masks. */
  readonly secrets?: readonly string[];
  /** From SIGINT to SIGTERM, and from there to SIGKILL. GitHub's own: 7.5 s and 2.5 s. */
  readonly cancelMs?: { readonly term: number; readonly kill: number };
}

/** What became of `main` or `post`. */
export interface PhaseEnd {
  /** Undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly outcome: 'success' | 'failure' | 'cancelled';
  /** As people see it. */
  readonly log: string;
  /** As it was printed: for tests that look for what must not be printed at all. */
  readonly raw: string;
  readonly annotations: readonly SeenAnnotation[];
  readonly groups: readonly string[];
  readonly refusedCommands: readonly string[];
  /** Of the step. */
  readonly outputs: Readonly<Record<string, string>>;
  /** Those that are not handed on to other jobs, because a masked value is in them. */
  readonly droppedOutputs: readonly string[];
  readonly state: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  readonly paths: readonly string[];
  /** Markdown; empty when none was written. */
  readonly summary: string;
}

/** A step of an action that was started. */
export interface StartedStep {
  /** Resolves when `main` is over. */
  readonly main: Promise<PhaseEnd>;
  /** Everything printed so far, as people see it. */
  log(): string;
  /** Resolves when the log of `main` has a line that matches; rejects when it ends without. */
  seen(pattern: RegExp): Promise<void>;
  /** A person cancels, or the time is up. */
  cancel(): void;
  /** The machine is gone: SIGKILL for the whole tree, and no `post`. */
  kill(): Promise<void>;
  /** Runs `post`, if the action has one and its condition holds; after `main`, however it ended. */
  post(): Promise<PhaseEnd | undefined>;
}

/**
 * Machines whose resolver knows that `*.localhost` is this machine, as those of GitHub do; node does not know by itself.
 */
const RESOLVER = `import dns from 'node:dns';
const { lookup } = dns;
dns.lookup = (host, ...rest) => lookup(/(^|\\.)localhost$/.test(host) ? '127.0.0.1' : host, ...rest);`;

/** Starts an action as actions/runner starts a JavaScript action: a clean environment, files for commands, a log that it reads. */
export function startAction(job: RunnerJob, step: ActionStep): StartedStep {
  const manifest = readActionManifest(step.action);
  const masks = makeMasks([job.token, ...(step.secrets ?? [])]);
  const { variables, unexpected } = inputVariables(manifest, step.with ?? {}, job.token);
  const setUp = runSetUp(step.setUp ?? [], { workspace: job.workspace, env: runnerVariables(job) }, () =>
    commandFiles(job.temp),
  );
  const base = { ...setUp.env, ...step.env, ...variables };
  const main = startPhase({ job, step, file: builtFile(manifest.main, step), env: base, masks });
  if (setUp.log !== '') main.reader.push(setUp.log);
  for (const name of unexpected) {
    const known = [...manifest.inputs.keys()].map((each) => `'${each}'`).join(', ');
    main.reader.push(`::warning::Unexpected input(s) '${name}', valid inputs are [${known}]\n`);
  }
  let isKilled = false;
  return {
    main: main.end,
    log: () => main.reader.log,
    seen: (pattern) => main.seen(pattern),
    cancel: () => main.cancel(),
    async kill() {
      isKilled = true;
      killTree(main.child.pid!);
      await main.end;
    },
    async post() {
      const end = await main.end;
      if (isKilled || manifest.post === undefined || !holds(manifest, end.outcome)) return undefined;
      const kept = Object.entries(end.state).map(([name, value]) => [`STATE_${name}`, value] as const);
      const env = { ...base, ...end.env, ...Object.fromEntries(kept) };
      return startPhase({ job, step, file: builtFile(manifest.post, step), env, masks }).end;
    },
  };
}

/** `post-if` of a step, as far as actions use it. */
function holds({ postIf }: ActionManifest, outcome: PhaseEnd['outcome']): boolean {
  switch (postIf.replaceAll(' ', '')) {
    case 'always()':
      return true;
    case 'success()':
      return outcome === 'success';
    case 'failure()':
      return outcome === 'failure';
    case 'cancelled()':
      return outcome === 'cancelled';
    case '!cancelled()':
      return outcome !== 'cancelled';
    default:
      throw new Error(`the rig does not evaluate post-if: ${postIf}`);
  }
}

/** `dist/main.js` of the repository → the same file of the build that is tested. */
function builtFile(file: string, { built }: ActionStep): string {
  const at = built === undefined ? file : file.replace(`${built.instead}${path.sep}`, `${built.folder}${path.sep}`);
  if (!existsSync(at)) throw new Error(`the action names ${at}, which is not there`);
  return at;
}

interface Phase {
  readonly child: ChildProcess;
  readonly reader: LogReader;
  readonly end: Promise<PhaseEnd>;
  seen(pattern: RegExp): Promise<void>;
  cancel(): void;
}

interface PhaseSpec {
  readonly job: RunnerJob;
  readonly step: ActionStep;
  readonly file: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly masks: Masks;
}

function startPhase({ job, step, file, env, masks }: PhaseSpec): Phase {
  const files = commandFiles(job.temp);
  const reader = readLog(masks);
  const resolver = `data:text/javascript,${encodeURIComponent(RESOLVER)}`;
  const child = spawn(process.execPath, ['--import', resolver, file], {
    cwd: job.workspace,
    env: { ...env, ...Object.fromEntries(Object.entries(files).map(([name, at]) => [`GITHUB_${name}`, at])) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const watchers = new Set<() => void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      reader.push(chunk);
      for (const look of watchers) look();
    });
  }
  let isCancelled = false;
  const timers: NodeJS.Timeout[] = [];
  const isOver = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.on('close', (code, signal) => resolve({ code, signal }));
  });
  const end = isOver.then(({ code, signal }): PhaseEnd => {
    for (const timer of timers) clearTimeout(timer);
    reader.end();
    for (const look of watchers) look();
    const summary = readFileSync(files.STEP_SUMMARY, 'utf8');
    const isTooLong = Buffer.byteLength(summary) > SUMMARY_BYTES_MAX;
    if (isTooLong)
      reader.push('::error::$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k\n');
    const outputs = Object.fromEntries(readCommandFile(readFileSync(files.OUTPUT, 'utf8')));
    return {
      code: code ?? undefined,
      signal: signal ?? undefined,
      outcome: isCancelled ? 'cancelled' : code === 0 ? 'success' : 'failure',
      log: reader.log,
      raw: reader.raw,
      annotations: reader.annotations,
      groups: reader.groups,
      refusedCommands: reader.refusedCommands,
      outputs,
      droppedOutputs: Object.keys(outputs).filter((name) => masks.has(outputs[name]!)),
      state: Object.fromEntries(readCommandFile(readFileSync(files.STATE, 'utf8'))),
      env: Object.fromEntries(readCommandFile(readFileSync(files.ENV, 'utf8'))),
      paths: readFileSync(files.PATH, 'utf8')
        .split('\n')
        .filter((line) => line !== ''),
      summary: isTooLong ? '' : masks.apply(summary),
    };
  });
  return {
    child,
    reader,
    end,
    seen: (pattern) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (!pattern.test(reader.log)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void isOver.then(() => {
          if (!pattern.test(reader.log)) reject(new Error(`it ended without ${pattern}:\n${reader.log}`));
        });
      }),
    cancel() {
      isCancelled = true;
      const { term, kill } = step.cancelMs ?? { term: 7_500, kill: 2_500 };
      child.kill('SIGINT');
      timers.push(
        setTimeout(() => child.kill('SIGTERM'), term),
        setTimeout(() => killTree(child.pid!), term + kill),
      );
    },
  };
}

/** Empty files through which the action speaks. */
function commandFiles(temp: string) {
  const folder = path.join(temp, '_runner_file_commands');
  mkdirSync(folder, { recursive: true });
  const make = (name: string): string => {
    const file = path.join(folder, `${name}_${randomUUID()}`);
    writeFileSync(file, '');
    return file;
  };
  return {
    OUTPUT: make('set_output'),
    STATE: make('save_state'),
    ENV: make('set_env'),
    PATH: make('add_path'),
    STEP_SUMMARY: make('step_summary'),
  };
}
