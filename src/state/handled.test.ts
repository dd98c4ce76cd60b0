import { expect, test } from 'vitest';
import type { HandledRecord } from '../model/state.ts';
import { newerHandled } from './handled.ts';
import { joinPartitions } from './partition-fold.ts';

test('of one turn the later one counts, whether it was read from a file or is new', () => {
  const asked = (run: string, at: string): HandledRecord => ({ run, at, turn: [2, 0], versions: 'v' });
  const first = asked('20260106-zzzzzzzzzzzzzzzz', '2026-01-06T00:00:00.000Z');
  const second = asked('20260106-aaaaaaaaaaaaaaaa', '2026-01-06T00:05:00.000Z');
  const read = ({ at, run, turn, versions }: HandledRecord): HandledRecord => ({ at, run, turn, versions });
  for (const one of [first, read(first)])
    for (const other of [second, read(second)]) {
      expect(newerHandled(one, other)?.run).toBe(second.run);
      expect(newerHandled(other, one)?.run).toBe(second.run);
    }
});

test('of two failures of one turn the same one stays, whether it was read from a leaf or is new', () => {
  const failed = (at: string) => ({ run: 'r', at, turn: [1, 1] as const });
  const early = failed('2026-01-06T00:00:00.000Z');
  const late = failed('2026-01-06T00:05:00.000Z');
  const read = ({ at, run, turn }: typeof early) => ({ at, run, turn });
  for (const one of [early, read(early)])
    for (const other of [late, read(late)]) {
      expect(joinPartitions({ failed: one }, { failed: other }).failed?.at).toBe(late.at);
      expect(joinPartitions({ failed: other }, { failed: one }).failed?.at).toBe(late.at);
    }
});
