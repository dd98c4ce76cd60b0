import { describe, expect, test } from 'vitest';
import { epochMs } from '../model/instant.ts';
import { decodeQuietNote, encodeQuietNote, isQuiet, type QuietNote, quietKey, withTrailers } from './quiet-note.ts';

const USUAL = ['pipelines/**/*.yaml'];
const HEAD = { parent: 'a'.repeat(40), at: epochMs('2026-11-22T10:10:00.000Z') };
const said = { until: epochMs('2026-11-23T02:30:00.000Z'), schedule: 'nightly', seq: 4 };
const note: QuietNote = { ...said, key: quietKey('place', said, HEAD), manifests: USUAL };
const at = (instant: string, isTrusted = true) => ({ now: epochMs(instant), isTrusted });

describe('a note', () => {
  test('is read as it was written, behind whatever else a message says', () => {
    for (const each of [note, { ...note, manifests: ['etl/**', '!etl/old/*'] }]) {
      const trailers = encodeQuietNote(each, USUAL);
      for (const message of ['✓ 2 passed', '✓ 2 passed\n\n[skip ci]', '✓ 2 passed\n\nRun: r\nCode: c'])
        expect(decodeQuietNote(withTrailers(message, trailers), USUAL)).toEqual(each);
    }
  });

  test('is a trailer beside the others', () => {
    expect(withTrailers('subject\n\nRun: r\nCode: c\n', 'Branchline-Quiet: x')).toBe(
      'subject\n\nRun: r\nCode: c\nBranchline-Quiet: x',
    );
    expect(withTrailers('subject\n\nsome words', 'Branchline-Quiet: x')).toBe(
      'subject\n\nsome words\n\nBranchline-Quiet: x',
    );
    expect(withTrailers('Run: it', 'Branchline-Quiet: x')).toBe('Run: it\n\nBranchline-Quiet: x');
  });

  test('that is not understood is none', () => {
    const text = encodeQuietNote(note, USUAL);
    for (const other of ['', 'subject', text.replace(': 1 ', ': 2 '), text.replace('2026', 'x'), text.slice(0, -8)])
      expect(decodeQuietNote(`subject\n\n${other}`, USUAL)).toBeUndefined();
    for (const patterns of ['x', '{}', '[1]'])
      expect(decodeQuietNote(`s\n\n${text}\nBranchline-Quiet-Manifests: ${patterns}`, USUAL)).toBeUndefined();
  });
});

describe('a wake-up believes a note', () => {
  test('from the commit on until the tick', () => {
    expect(isQuiet(note, 'place', HEAD, at('2026-11-22T10:10:00.000Z'))).toBe(true);
    expect(isQuiet(note, 'place', HEAD, at('2026-11-23T02:29:59.999Z'))).toBe(true);
    expect(isQuiet(note, 'place', HEAD, at('2026-11-23T02:30:00.000Z'))).toBe(false);
    expect(isQuiet(note, 'place', HEAD, at('2026-11-22T10:09:59.999Z'))).toBe(false);
  });

  test('by its own clock for a day', () => {
    const weekly = { ...said, until: epochMs('2026-11-29T00:00:00.000Z') };
    const longer = { ...note, ...weekly, key: quietKey('place', weekly, HEAD) };
    expect(isQuiet(longer, 'place', HEAD, at('2026-11-23T10:10:00.000Z', false))).toBe(true);
    expect(isQuiet(longer, 'place', HEAD, at('2026-11-23T10:10:00.001Z', false))).toBe(false);
    expect(isQuiet(longer, 'place', HEAD, at('2026-11-23T10:10:00.001Z', true))).toBe(true);
  });

  test('of this commit, for this place, as it was written', () => {
    const now = at('2026-11-22T11:00:00.000Z');
    expect(isQuiet(note, 'another place', HEAD, now)).toBe(false);
    expect(isQuiet(note, 'place', { ...HEAD, parent: 'b'.repeat(40) }, now)).toBe(false);
    expect(isQuiet(note, 'place', { ...HEAD, parent: undefined }, now)).toBe(false);
    expect(isQuiet(note, 'place', { ...HEAD, at: HEAD.at - 1000 }, now)).toBe(false);
    // git keeps whole seconds.
    expect(isQuiet(note, 'place', { ...HEAD, at: HEAD.at + 999 }, now)).toBe(true);
    expect(isQuiet({ ...note, until: note.until + 1000 }, 'place', HEAD, now)).toBe(false);
    expect(isQuiet({ ...note, seq: 5 }, 'place', HEAD, now)).toBe(false);
    expect(isQuiet({ ...note, schedule: 'hourly' }, 'place', HEAD, now)).toBe(false);
  });
});
