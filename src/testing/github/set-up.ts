import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { readCommandFile } from './workflow-commands.ts';

/** A step before the Action, in a shell as GitHub starts it: `bash -e -o pipefail`. */
export interface SetUpScript {
  readonly run: string;
  readonly env: Readonly<Record<string, string>>;
}

/** Files through which a step hands on variables and folders of programs. */
export interface SetUpFiles {
  readonly ENV: string;
  readonly PATH: string;
}

/**
 * Runs the steps one after the other in the workspace, each with what those before it handed on; gives the environment of
 * the step behind them, and what they printed. Throws where one fails: GitHub would start nothing behind it.
 */
export function runSetUp(
  scripts: readonly SetUpScript[],
  job: { readonly workspace: string; readonly env: Readonly<Record<string, string | undefined>> },
  filesOf: () => SetUpFiles,
): { readonly env: Readonly<Record<string, string | undefined>>; readonly log: string } {
  let { env } = job;
  let log = '';
  for (const script of scripts) {
    const files = filesOf();
    const end = spawnSync('bash', ['--noprofile', '--norc', '-e', '-o', 'pipefail', '-c', script.run], {
      cwd: job.workspace,
      env: { ...env, ...script.env, GITHUB_ENV: files.ENV, GITHUB_PATH: files.PATH },
      encoding: 'utf8',
    });
    log += `${end.stdout}${end.stderr}`;
    if (end.status !== 0) throw new Error(`a step before the Action failed (${String(end.status)}):\n${log}`);
    const paths = readFileSync(files.PATH, 'utf8').split('\n').filter(Boolean).reverse();
    env = {
      ...env,
      ...Object.fromEntries(readCommandFile(readFileSync(files.ENV, 'utf8'))),
      PATH: [...paths, env['PATH']].join(path.delimiter),
    };
  }
  return { env, log };
}
