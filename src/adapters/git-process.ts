import { spawn } from 'node:child_process';
import { devNull } from 'node:os';

/** An environment as a process has it. */
export type Environment = Readonly<Record<string, string | undefined>>;
/** Configuration for one call of git: key and value, in order; a later value of the same key wins or is added. */
export type GitConfig = readonly (readonly [key: string, value: string])[];

export interface GitCall {
  readonly args: readonly string[];
  /** The repository; without it git looks for one from `cwd` upwards. */
  readonly gitDir?: string;
  readonly cwd?: string;
  /** What git takes for the index of the repository, in place of its own. */
  readonly indexFile?: string;
  readonly env: Environment;
  readonly config?: GitConfig;
  readonly input?: string | Uint8Array;
  /** Killed after this long; default 10 minutes. A network that merely crawls is left to git's own low-speed limit. */
  readonly timeoutMs?: number;
  /** Watches for the status of the server's last answer, where git speaks http. */
  readonly watchesHttp?: boolean;
}

export interface GitExit {
  /** Undefined when git could not be started or was killed. */
  readonly code: number | undefined;
  readonly stdout: Buffer;
  /** For people only: what happened is never read from it. */
  readonly stderr: string;
  /** Undefined when it could not be started. */
  readonly pid: number | undefined;
  /** The last status of a server's answers; undefined when nobody watched, or no answer came. */
  readonly httpStatus?: number;
}

// What a user sets so that git reaches a server at all. Everything else of GIT_* (a hook's GIT_DIR and GIT_INDEX_FILE,
// tracing, quarantine folders, identities) would point our calls at the user's repository or change our bytes.
const KEPT = new Set([
  'GIT_SSH',
  'GIT_SSH_COMMAND',
  'GIT_SSH_VARIANT',
  'GIT_ASKPASS',
  'GIT_EXEC_PATH',
  'GIT_CONFIG_GLOBAL',
  'GIT_CONFIG_SYSTEM',
  'GIT_CONFIG_NOSYSTEM',
  'GIT_CEILING_DIRECTORIES',
  'GIT_SSL_CAINFO',
  'GIT_SSL_CAPATH',
  'GIT_SSL_CERT',
  'GIT_SSL_KEY',
  'GIT_SSL_NO_VERIFY',
  // Set by ourselves for the history; git before 2.44 does not know it.
  'GIT_NO_LAZY_FETCH',
]);

// A user's settings must neither change what we write nor start programs of theirs in our private repository.
const ALWAYS: GitConfig = [
  ['core.hooksPath', devNull],
  ['gc.auto', '0'],
  ['maintenance.auto', 'false'],
  ['protocol.version', '2'],
  ['core.filesRefLockTimeout', '5000'],
  ['core.packedRefsTimeout', '5000'],
  ['fetch.recurseSubmodules', 'false'],
  ['fetch.writeCommitGraph', 'false'],
  ['push.gpgSign', 'false'],
  ['push.followTags', 'false'],
  ['push.recurseSubmodules', 'no'],
  ['log.showSignature', 'false'],
  ['i18n.commitEncoding', 'UTF-8'],
  ['i18n.logOutputEncoding', 'UTF-8'],
  ['http.lowSpeedLimit', '1'],
  ['http.lowSpeedTime', '60'],
];

/**
 * The environment of a call: the user's, without their GIT_* except what reaching a server needs, with configuration
 * as `GIT_CONFIG_*` (so that no token stands on a command line or on disk). Configuration that the user passes in the
 * same way is kept in front of ours.
 */
export function gitEnvironment(env: Environment, config: GitConfig = [], gitDir?: string): Record<string, string> {
  const result: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && (!name.startsWith('GIT_') || KEPT.has(name))) result[name] = value;
  }
  const pairs = [...configOf(env), ...ALWAYS, ...config];
  result['GIT_CONFIG_COUNT'] = String(pairs.length);
  for (const [i, [key, value]] of pairs.entries()) {
    result[`GIT_CONFIG_KEY_${i}`] = key;
    result[`GIT_CONFIG_VALUE_${i}`] = value;
  }
  result['GIT_TERMINAL_PROMPT'] = '0';
  result['GIT_OPTIONAL_LOCKS'] = '0';
  result['LC_ALL'] = 'C';
  if (gitDir !== undefined) result['GIT_DIR'] = gitDir;
  return result;
}

function configOf(env: Environment): (readonly [string, string])[] {
  const count = Math.min(Number(env['GIT_CONFIG_COUNT'] ?? 0) || 0, 1000);
  const pairs: (readonly [string, string])[] = [];
  for (let i = 0; i < count; i++) {
    const key = env[`GIT_CONFIG_KEY_${i}`];
    if (key !== undefined) pairs.push([key, env[`GIT_CONFIG_VALUE_${i}`] ?? '']);
  }
  return pairs;
}

/** Headers of a conversation, without what a secret could be in, to stderr: on Windows no further pipe reaches who speaks http. */
const HTTP_TRACE = { GIT_TRACE_CURL: '2', GIT_TRACE_CURL_NO_DATA: '1', GIT_TRACE_REDACT: '1' };
/** What each line of the trace begins with: an instant and a place in git's source. */
const TRACE_LINE = /^\d\d:\d\d:\d\d\.\d+ [\w/.-]+\.c:\d+ /;

/** Takes the trace out of what git said. The status lines are part of the protocol: no words of git's are read. */
function readTrace(stderr: string): Pick<GitExit, 'stderr' | 'httpStatus'> {
  const lines = stderr.split('\n');
  const status = lines.findLast((line) => STATUS_LINE.test(line));
  return {
    stderr: lines.filter((line) => !TRACE_LINE.test(line)).join('\n'),
    ...(status === undefined ? {} : { httpStatus: Number(STATUS_LINE.exec(status)![1]) }),
  };
}
const STATUS_LINE = new RegExp(`${TRACE_LINE.source}.*<= Recv header: HTTP/[\\d.]+ (\\d{3})\\b`);

/** Runs git once. Never throws: a git that is not there has no code and no pid. */
export function runGit(call: GitCall): Promise<GitExit> {
  return new Promise((resolve) => {
    const watches = call.watchesHttp === true;
    const env = {
      ...gitEnvironment(call.env, call.config, call.gitDir),
      ...(call.indexFile === undefined ? {} : { GIT_INDEX_FILE: call.indexFile }),
    };
    const child = spawn('git', call.args, {
      cwd: call.cwd,
      env: watches ? { ...env, ...HTTP_TRACE } : env,
      stdio: [call.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      windowsHide: true,
    });
    // Not the option `timeout` of spawn: its timer goes on when the program is not there, and keeps this process alive.
    const timer = setTimeout(() => child.kill(), call.timeoutMs ?? 600_000);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (error) => {
      if (child.pid === undefined) {
        clearTimeout(timer);
        resolve({ code: undefined, stdout: Buffer.alloc(0), stderr: error.message, pid: undefined });
      }
    });
    child.on('close', (code) => {
      clearTimeout(timer);
      const said = Buffer.concat(stderr).toString();
      resolve({
        ...(watches ? readTrace(said) : { stderr: said }),
        code: code ?? undefined,
        stdout: Buffer.concat(stdout),
        pid: child.pid,
      });
    });
    // git may end before it has read everything (a commit it does not know): its exit code tells, not the pipe.
    child.stdin?.on('error', () => {});
    if (call.input !== undefined) child.stdin?.end(call.input);
  });
}

/**
 * The last words of git for a message to people: at most four lines and 400 characters, without hints and without
 * credentials.
 */
export function gitWords(stderr: string, secrets: readonly string[] = []): string {
  let text = stderr;
  for (const secret of secrets) if (secret.length >= 4) text = text.replaceAll(secret, '***');
  return text
    .replace(/\/\/[^/@\s]+@/g, '//***@')
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(hint:|error: failed to push some refs|To )/.test(line))
    .slice(-4)
    .join(' / ')
    .slice(0, 400);
}
