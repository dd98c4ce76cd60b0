import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { measure } from './measure.ts';
import { rows } from './rows/all.ts';

// Built from the sources as they are, once for the whole suite (test/built-cli.ts).
const cli = process.env['BRANCHLINE_TEST_CLI'] ?? '';
let scratch = '';
const ends: (() => void)[] = [];
beforeEach(() => {
  scratch = mkdtempSync(path.join(os.tmpdir(), 'branchline-rows-'));
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  rmSync(scratch, { recursive: true, force: true });
});

// Once at a tiny size, to see that each still works. The times mean nothing and are not looked at.
describe.each(rows)('$name', (row) => {
  test('both sides run to their end, and ours did its work', async () => {
    expect(existsSync(cli)).toBe(true);
    const afterwards = (end: () => void) => ends.push(end);
    for (const contest of await row.prepare({ scratch, node: process.execPath, cli, isTiny: true, afterwards })) {
      if (contest.kind === 'peer-missing') continue;
      measure({ ...contest.peer, repeat: 1 });
      measure({ ...contest.ours, repeat: 1 });
      contest.verify?.();
    }
  });
});
