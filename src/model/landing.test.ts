import { describe, expect, it } from 'vitest';
import { isInIndex, isInRecent } from './landing.ts';

const transaction = { writer: 'run-7', tx: 3 };

describe('the landing of a transaction', () => {
  it.each([
    ['its file, whatever its number', ['recent/12-run-7-3.jsonl'], true],
    ['another transaction of the writer', ['recent/12-run-7-13.jsonl'], false],
    ['the same transaction of another writer', ['recent/12-run-8-3.jsonl'], false],
    ['a writer whose name only ends alike', ['recent/12-x-run-71-3.jsonl'], false],
    ['a writer whose name ends in that one', ['recent/12-x-run-7-3.jsonl'], false],
    ['a file elsewhere', ['events/12-run-7-3.jsonl'], false],
    ['nothing', [], false],
  ])('is seen in recent: %s', (_, paths, expected) => {
    expect(isInRecent(paths, transaction)).toBe(expected);
  });

  it.each([
    ['the transaction', '{"writers":{"run-7":{"tx":3}}}', true],
    ['a later one', '{"writers":{"run-7":{"tx":4}}}', true],
    ['a later one, as a plain number', '{"writers":{"run-7":4}}', true],
    ['an earlier one', '{"writers":{"run-7":{"tx":2}}}', false],
    ['another writer', '{"writers":{"run-8":{"tx":9}}}', false],
    ['no writers', '{}', false],
    ['another shape', '[1]', false],
    ['broken text', '{"writers":', false],
    ['no index', undefined, false],
  ])('is seen in the index: %s', (_, text, expected) => {
    expect(isInIndex(text, transaction)).toBe(expected);
  });

  it('is not seen in what every object inherits', () => {
    expect(isInIndex('{"writers":{}}', { writer: 'constructor', tx: 1 })).toBe(false);
  });
});
