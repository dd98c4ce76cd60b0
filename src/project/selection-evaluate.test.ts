import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { projectOf } from '../testing/project-builder.ts';
import { selectionScope } from './listing.ts';
import { parseSelection } from './selection.ts';
import { select } from './selection-evaluate.ts';
import { unknownValues } from './selection-values.ts';

const project = projectOf({
  'branchline.yaml': 'name: shop\n',
  'pipelines/a.yaml': `assets:
  a: { external: true, group: ingest, tags: { tier: gold, empty: "" }, owners: ["@x", team:y] }
  raw/b: { run: "true", deps: [a], kinds: [python], columns: { id: {} } }
  raw/c: { run: "true", deps: [raw/b] }
  d: { run: "true", deps: [raw/c, e], group: marts }
jobs:
  upstream: { selection: "+key:raw/c" }
  loop: { selection: "job:loop2" }
  loop2: { selection: "schedule:turn" }
schedules:
  turn: { cron: "0 0 * * *", job: fine }
exposures:
  board: { type: dashboard, deps: [raw/c, d] }
`
    .replace('  loop: { selection: "job:loop2" }\n', '')
    .replace('  loop2: { selection: "schedule:turn" }\n', '  fine: { selection: "key:d" }\n'),
  'pipelines/b.yaml': 'assets: { e: { run: "true" } }\n',
});
const scope = selectionScope(project, (key) => (key === 'd' ? ['stale', 'warning'] : ['healthy']));

function check(selection: string, expected: readonly string[]): void {
  const selected = select(selection, scope);
  expect(selected).toMatchObject({ ok: true });
  if (selected.ok) expect([...selected.value].sort()).toEqual([...expected].sort());
}

describe('evaluateSelection', () => {
  it('selects by attributes', () => {
    check('*', ['a', 'raw/b', 'raw/c', 'd', 'e']);
    check('key:raw/*', ['raw/b', 'raw/c']);
    check('key:"*/c"', ['raw/c']);
    check('key:r*w*b', ['raw/b']);
    check('key:RAW/b', []);
    check('group:ingest or group:marts', ['a', 'd']);
    check('group:<null>', ['raw/b', 'raw/c', 'e']);
    check('tag:tier', ['a']);
    check('tag:tier=gold', ['a']);
    check('tag:tier=silver', []);
    check('tag:tier=""', []);
    check('tag:empty=""', ['a']);
    check('tag:toString', []);
    check('not tag:<null>', ['a']);
    check('owner:@x and owner:team:y', ['a']);
    check('kind:python', ['raw/b']);
    check('column:id', ['raw/b']);
    check('path:pipelines/b.yaml', ['e']);
    check('path:pipelines/*', ['a', 'raw/b', 'raw/c', 'd', 'e']);
    check('status:stale', ['d']);
    check('job:upstream', ['a', 'raw/b', 'raw/c']);
    check('schedule:turn', ['d']);
    check('job:nobody', []);
    check('job:<null>', ['e']);
    check('exposure:board', ['raw/c', 'd']);
    check('+exposure:board', ['a', 'raw/b', 'raw/c', 'd', 'e']);
    check('exposure:nothing', []);
    check('exposure:toString', []);
    check('exposure:<null>', ['a', 'raw/b', 'e']);
  });
  it('selects by partitions: the shared definition, the dynamic set, or none', () => {
    const cut = projectOf({
      'branchline.yaml': `name: shop
partitions: { days: { daily: { start: 2026-01-01 } } }
assets:
  a: { run: "true", partitions: days }
  b: { run: "true", partitions: { daily: { start: 2026-01-01 } } }
  c: { run: "true", partitions: { dynamic: customers } }
  d: { run: "true" }
`,
    });
    const keys = (text: string): readonly string[] => {
      const selected = select(text, selectionScope(cut));
      return selected.ok ? [...selected.value].sort() : [selected.error.message];
    };
    expect(keys('partitions:days')).toEqual(['a', 'b']);
    expect(keys('partitions:customers')).toEqual(['c']);
    expect(keys('partitions:<null>')).toEqual(['d']);
    expect(keys('partitions:day')).toEqual([]);
    const parsed = parseSelection('partitions:day');
    expect(parsed.ok && unknownValues(parsed.value, selectionScope(cut))).toMatchObject([
      { help: 'did you mean `partitions:days`?' },
    ]);
  });
  it('walks the graph', () => {
    check('+key:d', ['a', 'raw/b', 'raw/c', 'd', 'e']);
    check('1+key:d', ['d', 'raw/c', 'e']);
    check('key:a+2', ['a', 'raw/b', 'raw/c']);
    check('0+key:d', ['d']);
    check('key:a+ and +key:raw/c', ['a', 'raw/b', 'raw/c']);
    check('1+(key:raw/b or key:d)+1', ['a', 'raw/b', 'raw/c', 'd', 'e']);
    check('roots(*)', ['a', 'e']);
    check('sinks(*)', ['d']);
    check('roots(key:a or key:d)', ['a']);
    check('sinks(key:a or key:raw/c)', ['raw/c']);
  });
  it('refuses what is not there yet, with the place', () => {
    const refused = (text: string, column: number, message: RegExp): void =>
      expect(select(text, scope)).toMatchObject({
        ok: false,
        error: { column, message: expect.stringMatching(message) },
      });
    refused('key:a or automation:eagre', 10, /no such automation/);
    refused('not changed:any', 5, /a base to compare with/);
    refused('status:stail', 1, /no such status/);
    const failed = { error: { help: expect.stringMatching(/`status:degraded`.*`--partitions failed`/) } };
    expect(select('status:failed', scope)).toMatchObject(failed);
    expect(select('status:stale', selectionScope(project))).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/recorded state/) },
    });
  });
  it('stops at a definition that selects itself', () => {
    const looping = { ...scope, jobs: { x: { selection: 'schedule:y' } }, schedules: { y: { selection: '+job:x' } } };
    expect(select('job:x', looping)).toMatchObject({
      ok: false,
      error: { column: 1, length: 5, message: 'this selects itself: job:x → schedule:y → job:x' },
    });
  });
  it('hints at values that nothing has', () => {
    const parsed = parseSelection('group:ingst or not key:rwa/b and tag:tier and key:x*');
    expect(parsed.ok && unknownValues(parsed.value, scope)).toEqual([
      { message: 'no asset has `group:ingst`', help: 'did you mean `group:ingest`?', column: 1, length: 11 },
      { message: 'there is no asset `rwa/b`', help: 'did you mean `key:raw/b`?', column: 20, length: 9 },
    ]);
  });
  it('hints at exposures too', () => {
    const parsed = parseSelection('exposure:bord');
    expect(parsed.ok && unknownValues(parsed.value, scope)).toEqual([
      { message: 'there is no exposure `bord`', help: 'did you mean `exposure:board`?', column: 1, length: 13 },
    ]);
  });
  const attribute = fc.constantFrom('key:a', 'key:raw/*', 'group:marts', '*', 'tag:tier', 'key:d', 'job:upstream');
  it('keeps the laws of sets and of traversal', () => {
    const keys = (text: string): string[] => {
      const selected = select(text, scope);
      return selected.ok ? [...selected.value] : [`refused: ${selected.error.message}`];
    };
    fc.assert(
      fc.property(attribute, attribute, fc.nat(3), (one, other, hops) => {
        expect(keys(`not (${one} or ${other})`)).toEqual(keys(`not ${one} and not ${other}`));
        expect(keys(`${one} and ${other}`)).toEqual(keys(`${other} and ${one}`));
        expect(keys(`not not ${one}`)).toEqual(keys(one));
        expect(keys(`+${one}+`)).toEqual(keys(`+${one} or ${one}+`));
        expect(keys(`${hops + 1}+${one}`)).toEqual(keys(`1+(${hops}+${one})`));
        expect(keys(`+roots(+${one})+`)).toEqual(keys(`roots(+${one})+`));
        for (const root of keys(`roots(${one})`)) expect(keys(one)).toContain(root);
      }),
    );
  });
});
