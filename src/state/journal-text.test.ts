import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runEvents } from '../testing/state-story.ts';
import { encodeEvent } from './codec.ts';
import { parseJournal } from './journal-text.ts';

const events = runEvents({ run: '20261122-a', assets: [{ asset: 'raw/a', outcome: 'success' }] });
const lines = events.map(encodeEvent);
const header = JSON.stringify({ journal: 1, writer: 'p1', owner: { kind: 'process' } });

function parsed(text: string) {
  const result = parseJournal('j.jsonl', text);
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}

describe('the text of a journal', () => {
  it('gives its events, without header and marks', () => {
    const text = [header, ...lines.slice(0, 3), '{"journal.confirmed":3}', ...lines.slice(3), ''].join('\n');
    expect(parsed(text)).toEqual({ writer: 'p1', events, isCut: false });
  });

  it('may be events alone, with the line ends of Windows, or a file of the branch', () => {
    expect(parsed(`${lines.join('\r\n')}\r\n`).events).toEqual(events);
    const recent = ['{"commit":{"seq":1,"writer":"p1","tx":1,"at":"2026-11-22T09:00:00.000Z"}}', ...lines, ''];
    expect(parsed(recent.join('\n'))).toEqual({ writer: undefined, events, isCut: false });
  });

  it('leaves out a last line that was half written, and says so', () => {
    const cut = `${[header, ...lines].join('\n').slice(0, -20)}`;
    expect(parsed(cut)).toEqual({ writer: 'p1', events: events.slice(0, -1), isCut: true });
  });

  it('names the lines that are damaged, newer or no events', () => {
    const bad = [
      header,
      lines[0],
      '{"type":"run.started","v":1',
      '[]',
      '{"v":1,"type":"run.beamed"}',
      '',
      '{"__proto__":1}',
      '{"id":"a#1","of":"x","part":1,"text":"","type":"event.part","v":1}',
      '',
    ];
    const result = parseJournal('j.jsonl', bad.join('\n'));
    expect(result.ok ? [] : result.error.map(({ line, code }) => [line, code])).toEqual([
      [3, 'broken'],
      [4, 'broken'],
      [5, 'newer'],
      [6, 'broken'],
      [7, 'broken'],
      [8, 'broken'],
    ]);
  });

  it('never throws, and tells of 20 problems at most', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.json(), fc.constantFrom(...lines))), (texts) => {
        const result = parseJournal('j.jsonl', texts.join('\n'));
        return result.ok || (result.error.length > 0 && result.error.length <= 20);
      }),
    );
    const many = parseJournal('j.jsonl', 'x\n'.repeat(1000));
    expect(many.ok ? 0 : many.error.length).toBe(20);
  });
});
