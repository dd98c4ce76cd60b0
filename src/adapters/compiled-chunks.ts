import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname } from 'node:path';
import { constants, Script } from 'node:vm';
import { KeptCode } from './kept-code.ts';

/** What a chunk is read as: Node's own wrapper, so that it finds what any CommonJS module finds. */
type Chunk = (exports: unknown, require: NodeJS.Require, module: NodeModule, file: string, folder: string) => void;

/**
 * What Node made of chunks is written after what was compiled in them has been run. Node's own cache writes it before that,
 * with hardly a function in it, so that each start parses and compiles them all again: a quarter of a short command.
 */
export function readChunksFrom(folder: string): void {
  // The running file is beside the chunks, or one of them; sources that are run as they are have none.
  const chunks = chunksFolder(import.meta.filename);
  if (chunks === undefined || constants?.USE_MAIN_CONTEXT_DEFAULT_LOADER === undefined) return;
  const { extensions } = createRequire(import.meta.filename);
  const ordinary = extensions['.js'];
  const kept = new KeptCode(folder);
  extensions['.js'] = (module, file) => {
    if (dirname(file) === chunks) evaluate(module, file, kept);
    else ordinary(module, file);
  };
  process.once('exit', () => kept.write());
}

function chunksFolder(file: string): string | undefined {
  const folder = dirname(file);
  return file.endsWith('.cjs') && basename(folder) === 'chunks' ? folder : undefined;
}

function evaluate(module: NodeModule, file: string, kept: KeptCode): void {
  const source = readFileSync(file, 'latin1');
  const before = kept.read(file);
  const script = new Script(`(function (exports, require, module, __filename, __dirname) { ${source}\n});`, {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(before === undefined ? {} : { cachedData: before }),
  });
  kept.note(file, script);
  const chunk = script.runInThisContext() as Chunk;
  chunk.call(
    module.exports,
    module.exports,
    module.require.bind(module) as NodeJS.Require,
    module,
    file,
    dirname(file),
  );
}
