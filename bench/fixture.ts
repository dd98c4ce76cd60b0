import { spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Command } from './measure.ts';

/** Writes a project into a fresh git repository with one commit, as a user would have it. */
export function writeProject(folder: string, files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    const file = path.join(folder, name);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  const identity = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.invalid', '-c', 'commit.gpgsign=false'];
  for (const args of [
    ['init', '--quiet', '--initial-branch=main'],
    ['add', '--all'],
    ['commit', '--quiet', '-m', 'all'],
  ]) {
    const done = spawnSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' });
    if (done.status !== 0) throw new Error(`git ${args[0]} failed: ${done.stderr}`);
  }
}

/** Removes what the program keeps between two commands: state, published copies, parsed manifests. */
export function forget(folder: string): void {
  rmSync(path.join(folder, '.git', 'branchline'), { recursive: true, force: true });
  rmSync(path.join(folder, '.branchline'), { recursive: true, force: true });
}

/** The program's name if it is on this machine. */
export function findPeer(name: string): string | undefined {
  return spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0 ? name : undefined;
}

/** Runs a command once, untimed; for what a fixture needs before the first sample. Throws when it fails. */
export function runOnce(command: Command): void {
  const done = spawnSync(command.program, command.args, { cwd: command.cwd, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`${command.args.join(' ')} failed:\n${done.stdout}${done.stderr}`);
}

/** `asset-0000` and so on: sorts as it counts. */
export function numbered(prefix: string, index: number): string {
  return `${prefix}${String(index).padStart(5, '0')}`;
}
