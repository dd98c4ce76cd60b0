import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Script } from 'node:vm';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { KeptCode } from './kept-code.ts';

let scratch = '';
let folder = '';
let file = '';
beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'branchline-kept-'));
  folder = join(scratch, 'kept', 'check');
  file = join(scratch, 'code.cjs');
  writeFileSync(file, SOURCE);
});
afterEach(() => rmSync(scratch, { recursive: true, force: true }));

const SOURCE = `(function () { function inner(a) { return [a, a + 1].map((each) => \`\${each}!\`).join(); } return inner(1); })`;

/** Reads the file as a program does, runs it if asked, and keeps what was made of it. */
function run(
  isRun = true,
  workMs = 10,
): { readonly kept: Uint8Array | undefined; readonly isRejected: boolean | undefined } {
  const code = new KeptCode(folder, () => workMs);
  const kept = code.read(file);
  const script = new Script(SOURCE, { filename: file, ...(kept && { cachedData: kept as Buffer }) });
  code.note(file, script);
  if (isRun) expect(script.runInThisContext()()).toBe('1!,2!');
  code.write();
  return { kept, isRejected: script.cachedDataRejected };
}

test('what was run is kept, and taken again of the same source', () => {
  expect(run(false)).toEqual({ kept: undefined, isRejected: undefined });
  const before = run(false).kept!.length;
  rmSync(folder, { recursive: true });
  run();
  const { kept, isRejected } = run();
  expect(isRejected).toBe(false);
  // With the functions that were called, which Node has not compiled when it has read the file.
  expect(kept!.length).toBeGreaterThan(before);
});

test('of a source that is another one nothing is taken, though it is as long', () => {
  run();
  utimesSync(file, new Date(0), new Date(0));
  expect(run().kept).toBeUndefined();
  expect(run().isRejected).toBe(false);
  writeFileSync(file, `${SOURCE};`);
  utimesSync(file, new Date(0), new Date(0));
  expect(run().kept).toBeUndefined();
});

test('a program that is much longer at work than the one that wrote keeps what it has run besides', () => {
  run(false);
  const first = run(false).kept!.length;
  // Twice as long is not longer than that.
  run(true, 20);
  expect(run(true, 21).kept).toHaveLength(first);
  expect(run(true, 21).kept!.length).toBeGreaterThan(first);
});

test('files that nobody has written for a month go with the next that is written', () => {
  run();
  writeFileSync(join(folder, 'older.cjs'), 'older');
  utimesSync(join(folder, 'older.cjs'), new Date(0), new Date(0));
  run();
  expect(readdirSync(folder).sort()).toEqual(['code.cjs', 'older.cjs']);
  writeFileSync(file, `${SOURCE};`);
  run();
  expect(readdirSync(folder)).toEqual(['code.cjs']);
});

test('what a process with the same id writes, in another container, is neither taken nor mixed with', () => {
  const others = join(folder, `code.cjs.${process.pid}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(others, 'half of it');
  run();
  expect(readFileSync(others, 'utf8')).toBe('half of it');
  expect(run().isRejected).toBe(false);
});

test('where nothing can be written all goes on without', () => {
  writeFileSync(join(scratch, 'kept'), 'a file');
  expect(run()).toEqual({ kept: undefined, isRejected: undefined });
  expect(run()).toEqual({ kept: undefined, isRejected: undefined });
});
