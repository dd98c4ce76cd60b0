import { join } from 'node:path';
import { readChunksFrom } from '../adapters/compiled-chunks.ts';
import type { Environment } from '../adapters/git-process.ts';
import { ownFolder } from './own-folder.ts';

/**
 * Keeps what Node makes of this program's code beside other things that can be had anew: a short command is mostly
 * parsing and compiling. Where nothing can be kept, all goes on without. V8 runs what it finds there without a look at the
 * source, so it is nowhere that others could have put something. Each command has a folder of its own, because what is kept
 * is the functions that were run.
 */
export function keepCompiledCode(env: Environment, command: string | undefined): void {
  // What is measured by line is to be what was read, and Node's own switch is for its own cache, which asks the same.
  if (env['NODE_V8_COVERAGE'] || env['NODE_DISABLE_COMPILE_CACHE']) return;
  const folder = ownFolder(env, 'compiled');
  if (folder === undefined) return;
  const name = command !== undefined && /^[a-z][a-z-]{0,40}$/.test(command) ? command : 'other';
  readChunksFrom(join(folder, `node-${process.versions.node}-${process.arch}`, name));
}
