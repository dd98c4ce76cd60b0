import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';

/**
 * Compares text with a file that is reviewed as code. `UPDATE_GOLDEN=1` writes the file instead. `file` is absolute.
 */
export function expectGolden(file: string, text: string): void {
  if (process.env['UPDATE_GOLDEN'] === '1') {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  let golden: string;
  try {
    golden = readFileSync(file, 'utf8');
  } catch {
    throw new Error(`${file} is not there: run the test once with UPDATE_GOLDEN=1, and review what it writes`);
  }
  expect(text).toBe(golden);
}
