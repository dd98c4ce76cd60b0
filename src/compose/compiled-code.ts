import * as module from 'node:module';
import { join } from 'node:path';
import { cacheFolder } from '../adapters/cache-folder.ts';

/**
 * Keeps what Node makes of this program's code beside other things that can be had anew: a short command is mostly
 * parsing. Where Node cannot (22.7 and older), or nothing can be written there, all goes on without.
 */
export function keepCompiledCode(env: NodeJS.ProcessEnv): void {
  if ('enableCompileCache' in module) module.enableCompileCache(join(cacheFolder(env), 'compiled'));
}
