import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Something to time: a program with its arguments, in a folder. It must succeed. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** How often it runs within one sample, for commands so short that a single one is noise. Default 1. */
  readonly repeat?: number;
  /** Runs before the sample and is not timed: puts back what the command changes. */
  readonly before?: () => void;
}

export interface Sample {
  readonly wallMs: number;
  /** User plus system time of the command and of every descendant that was waited for. */
  readonly cpuMs: number;
}

const script = `
TIMEFORMAT='%3R %3U %3S'
export LC_ALL=C
repeat=$1 output=$2
shift 2
{ time for ((i = 0; i < repeat; i++)); do "$@" >>"$output" 2>&1 </dev/null || exit 1; done; } 2>&1
`;

/**
 * Runs a command and measures it with the shell's \`time\`, whose numbers come from the kernel's account of children.
 * Throws with the last lines of the output when the command fails: the time of a failure says nothing.
 */
export function measure(command: Command): Sample {
  command.before?.();
  const scratch = mkdtempSync(path.join(os.tmpdir(), 'branchline-bench-sample-'));
  try {
    const output = path.join(scratch, 'output');
    const args = ['-c', script, 'measure', String(command.repeat ?? 1), output, command.program, ...command.args];
    const done = spawnSync('bash', args, { cwd: command.cwd, env: cleanEnvironment(), encoding: 'utf8' });
    if (done.status !== 0) {
      const text = readFileSync(output, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
      throw new Error(`${[command.program, ...command.args].join(' ')} failed:\n${text}${done.stderr}`);
    }
    const [wall, user, system] = done.stdout.trim().split('\n').at(-1)?.split(' ').map(Number) ?? [];
    if (wall === undefined || user === undefined || system === undefined) throw new Error(`no times in ${done.stdout}`);
    return { wallMs: wall * 1000, cpuMs: (user + system) * 1000 };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/**
 * The environment of everything that is measured: without NODE_EXTRA_CA_CERTS, which makes Node start three times slower,
 * and without what npm and vitest add.
 */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const dropped = /^(NODE_EXTRA_CA_CERTS|NODE_OPTIONS|NODE_ENV|npm_.*|VITEST.*|BRANCHLINE_.*|GITHUB_.*|CI|TEST)$/i;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !dropped.test(name)));
}
