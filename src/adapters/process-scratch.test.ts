import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { StepFolder } from '../ports.ts';
import { createScratch } from './process-scratch.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'branchline-scratch-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function opened(scratch: ReturnType<typeof createScratch>): StepFolder {
  const step = scratch.open();
  if (!step.ok) throw new Error(step.error.message);
  return step.value;
}

test('a folder that is used again shows nothing of the step before', () => {
  const own = path.join(folder, 'again');
  mkdirSync(own);
  const scratch = createScratch(own);
  const first = opened(scratch);
  const kept = first.emptyFile('github-env');
  const output = first.freshPath('output');
  expect(existsSync(output)).toBe(false);
  writeFileSync(kept, 'A=b');
  writeFileSync(output, 'row_count=1');
  first.close();
  expect(existsSync(output)).toBe(false);
  const second = opened(scratch);
  expect(second.emptyFile('github-env')).toBe(kept);
  expect(statSync(kept).size).toBe(0);
  expect(second.freshPath('output')).not.toBe(output);
});

test('a folder that a script took away is not used again', () => {
  const own = path.join(folder, 'taken');
  mkdirSync(own);
  const scratch = createScratch(own);
  const first = opened(scratch);
  const file = first.emptyFile('x');
  rmSync(path.dirname(file), { recursive: true });
  first.close();
  expect(statSync(opened(scratch).emptyFile('x')).size).toBe(0);
});

test('two steps at once share nothing, and others may not look', () => {
  const scratch = createScratch(mkdtempSync(path.join(folder, 'two-')));
  const [a, b] = [opened(scratch), opened(scratch)];
  const file = a.emptyFile('x');
  expect(file).not.toBe(b.emptyFile('x'));
  expect(statSync(path.dirname(file)).mode & 0o077).toBe(0);
});

test('what is read is bounded; what is not there is empty', () => {
  const step = opened(createScratch(mkdtempSync(path.join(folder, 'read-'))));
  const file = step.freshPath('output');
  expect(step.read(file, 10)).toEqual({ text: '', isWhole: true });
  writeFileSync(file, '0123456789');
  expect(step.read(file, 10)).toEqual({ text: '0123456789', isWhole: true });
  expect(step.read(file, 4)).toEqual({ text: '0123', isWhole: false });
  expect(step.read(folder, 4)).toEqual({ text: '', isWhole: true });
});

test('a folder that cannot be made is a refusal', () => {
  expect(createScratch('/dev/null').open()).toMatchObject({ ok: false, error: { code: 'infrastructure' } });
});
