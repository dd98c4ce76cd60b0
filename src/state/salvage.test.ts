import { describe, expect, it } from 'vitest';
import { weatherHistory } from '../testing/state-history.ts';
import { repairState } from './repair.ts';
import { verifyState } from './verify.ts';

const history = weatherHistory();
const eventFiles = [...history.keys()].filter((path) => /^(recent|events)\//.test(path));

/** The tree after a repair; undefined when that was refused. */
function repaired(damage: Readonly<Record<string, string | undefined>>): Map<string, string> {
  const tree = new Map(history);
  for (const [path, text] of Object.entries(damage)) {
    if (text === undefined) tree.delete(path);
    else tree.set(path, text);
  }
  const { files, lost, salvaged } = repairState(tree, 'production', 'weather');
  expect(lost).toEqual([]);
  for (const { path, found } of salvaged)
    if (found !== undefined)
      expect([...files].some(([name, text]) => name.endsWith(`/${path}`) && text === found)).toBe(true);
  for (const [path, text] of files) {
    if (text === null) tree.delete(path);
    else tree.set(path, text);
  }
  return tree;
}

function ids(tree: ReadonlyMap<string, string>): string[] {
  const texts = [...tree].filter(([path]) => /^(recent|events)\//.test(path)).map(([, text]) => text);
  return texts.flatMap((text) => text.split('\n').flatMap((line) => /"id":"([^"]+#\d+)"/.exec(line)?.[1] ?? [])).sort();
}
const idOf = (line: string): string | undefined => /"id":"([^"]+#\d+)"/.exec(line)?.[1];

describe('what is left of damaged events', () => {
  it('is the tree as it was when nothing is damaged', () => {
    expect(verifyState(history, 'production').problems).toEqual([]);
    expect(repaired({})).toEqual(history);
  });

  const places = eventFiles.flatMap((path) =>
    history
      .get(path)!
      .trimEnd()
      .split('\n')
      .map((line, i): [string, number, string] => [path, i, line]),
  );
  const damages: readonly [string, (line: string) => string | undefined][] = [
    ['garbage', () => '\u0000\u0001 <<<<<<< HEAD'],
    ['cut', (line) => line.slice(0, Math.floor(line.length / 2))],
    ['gone', () => undefined],
    ['empty', () => ''],
    ['of another shape', (line) => line.replace(/"(at|seq|first)":("?)/, '"$1":$2x')],
  ];
  it.each(damages)('is all but the one line, whichever it is: %s', (_, damage) => {
    for (const [path, i, line] of places) {
      const lines = history.get(path)!.trimEnd().split('\n');
      const made = damage(line);
      const text = made === undefined ? lines.toSpliced(i, 1) : lines.with(i, made);
      const tree = repaired({ [path]: `${text.join('\n')}\n` });
      const where = `${path}:${i + 1}`;
      expect([where, verifyState(tree, 'production').problems]).toEqual([where, []]);
      expect([where, ids(tree)]).toEqual([where, ids(history).filter((id) => id !== idOf(line))]);
    }
  });

  it.each(eventFiles)('is everything else when %s is gone, empty, cut or full of zeros', (path) => {
    const text = history.get(path)!;
    const others = ids(new Map([...history].filter(([name]) => name !== path)));
    for (const damage of [undefined, '', '\n', '\u0000'.repeat(100)]) {
      const tree = repaired({ [path]: damage });
      expect(verifyState(tree, 'production').problems).toEqual([]);
      expect(ids(tree)).toEqual(others);
    }
    const cut = repaired({ [path]: text.slice(0, -20) });
    expect(verifyState(cut, 'production').problems).toEqual([]);
    expect(ids(cut).length).toBeGreaterThanOrEqual(ids(history).length - 1);
  });

  it('counts what an edited line says now, where it is an event still', () => {
    const [segment] = eventFiles.filter((path) => path.startsWith('events/'));
    const tree = repaired({ [segment!]: history.get(segment!)!.replace('"rows":365', '"rows": 366') });
    expect(verifyState(tree, 'production').problems).toEqual([]);
    expect(tree.get('snapshot/000.json')).toContain('"rows":366');
  });

  it('survives all files at once', () => {
    const tree = repaired(
      Object.fromEntries([...history].map(([path, text]) => [path, text.replaceAll('"rows"', '\u0000')])),
    );
    expect(verifyState(tree, 'production').problems).toEqual([]);
    expect(ids(tree).length).toBeGreaterThan(ids(history).length / 2);
  });

  it('takes a stray file away, and keeps it', () => {
    const tree = repaired({ 'recent/notes.txt': 'hello\n' });
    expect(tree.has('recent/notes.txt')).toBe(false);
    expect(tree.get('quarantine/0000000004/recent/notes.txt')).toBe('hello\n');
    expect(verifyState(tree, 'production').problems).toEqual([]);
  });

  it('never marks numbers as lost before an event of the stream that is there: it would count no more', () => {
    // Something of another stream cannot be read first; then a number of the run is missing without a trace.
    const [segment] = eventFiles.filter((path) => path.startsWith('events/'));
    const run = '20261130-ptq7w2l5kx3mfa6e.1';
    const lines = history.get(segment!)!.split('\n');
    const damaged = lines.flatMap((line) => {
      if (line.includes('"id":"cli-7f3a90c1#3"')) return ['\u0000'];
      return line.includes(`"id":"${run}#4"`) ? [] : [line];
    });
    const tree = repaired({ [segment!]: damaged.join('\n') });
    expect(verifyState(tree, 'production').problems).toEqual([]);
    const gone = ['cli-7f3a90c1#3', `${run}#4`];
    expect(ids(tree)).toEqual(ids(history).filter((id) => !gone.includes(id)));
    const { view } = verifyState(tree, 'production');
    // Numbers 1 to 3 of the run still count: it was asked for, held its asset, and started.
    expect(view?.assets.get('marts/days')?.turn).toMatchObject({ rank: 2 });
    expect(tree.get('runs/2026/11/30/0001.jsonl')).toContain('"requestedAt":"2026-11-30T09:23:00.000Z"');
  });
});
