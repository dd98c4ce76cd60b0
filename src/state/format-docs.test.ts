import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { weatherHistory } from '../testing/state-history.ts';
import { FORMAT } from './layout.ts';

const page = readFileSync(new URL('../../docs/state-format.md', import.meta.url), 'utf8');

describe('docs/state-format.md', () => {
  it('is about the format that is written', () => {
    expect(page.split('\n')[0]).toBe(`# The state branch, format ${FORMAT}`);
  });

  it('shows every file of a small history as it is written', () => {
    const examples = new Map(
      [...page.matchAll(/^`([^`]+)`:\n\n```text\n([\s\S]*?)```$/gm)].map((match) => [match[1]!, match[2]!]),
    );
    const tree = weatherHistory();
    expect([...examples.keys()].sort()).toEqual([...tree.keys()].sort());
    for (const [path, text] of tree) expect([path, examples.get(path)]).toEqual([path, text]);
  });
});
