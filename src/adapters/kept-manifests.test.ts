import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readKeptYaml, readPlainYaml } from '../manifest/plain-yaml.ts';
import { readFitting } from '../manifest/read-fitting.ts';
import { KEPT_FROM_CHARS, keptManifests } from './kept-manifests.ts';

let folder = '';
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'branchline-manifests-')), 'manifests');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true, force: true }));

const long = (text: string): string => `${text}\n# ${'-'.repeat(KEPT_FROM_CHARS)}\n`;
const files = (): string[] => readdirSync(folder);

/** What is read the first time, and what the second time, without looking at how. */
function twice(text: string): readonly unknown[] {
  return [0, 1].map(() => readKeptYaml(text, keptManifests(folder, '1.0.0'))?.value);
}

test('what is kept is what would be read, whatever the text says', () => {
  const key = fc.oneof(fc.string(), fc.constantFrom('10', '2', 'constructor', 'toString', '1.5', ''));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, fc.jsonValue(), fc.dictionary(key, tie('value')), fc.array(tie('value'))),
  }));
  fc.assert(
    fc.property(value, (written) => {
      const text = long(JSON.stringify(written));
      const plain = readPlainYaml(text);
      const [first, second] = twice(text);
      // Not by the matcher, which takes a key of the name `constructor` for the type.
      expect([first, second].map((each) => isDeepStrictEqual(each, plain?.value))).toEqual([true, true]);
      expect(JSON.stringify(second)).toBe(JSON.stringify(plain?.value));
    }),
    { numRuns: 300 },
  );
});

test.each(['a: .inf', 'a: -.inf', 'a: .nan', 'a: -0.0', 'a: [1, [.inf]]'])('%s is read each time', (text) => {
  const [first, second] = twice(long(text));
  expect(second).toStrictEqual(first);
  expect(existsSync(folder)).toBe(false);
});

test('a manifest has its places, kept or not', () => {
  const text = long('name: p\nassets:\n  a: { run: "true" }\n  b: { run: "true", deps: [a] }');
  const read = () => readFitting({ path: 'branchline.yaml', text }, 'project', keptManifests(folder, '1.0.0'))!;
  const first = read();
  const second = read();
  expect(files()).toHaveLength(1);
  expect(second.value).toStrictEqual(first.value);
  for (const pointer of [['assets', 'b', 'deps', 0], ['name'], ['assets', 'c']])
    for (const what of ['key', 'value'] as const)
      expect(second.locate(pointer, what)).toEqual(first.locate(pointer, what));
});

test('places of what is kept are worked out once, whatever number of them is asked for', () => {
  const text = long('a: { b: [1, 2] }');
  const [, second] = [0, 1].map(() => readKeptYaml(text, keptManifests(folder, '1.0.0'))!);
  expect(files()).toHaveLength(1);
  expect(second!.tree()).toBe(second!.tree());
});

test('a text that something is wrong with is not kept, nor a short one', () => {
  expect(twice(long('a: [1'))).toEqual([undefined, undefined]);
  expect(twice(long('a: &x 1\nb: *x'))).toEqual([undefined, undefined]);
  expect(twice('a: 1')).toEqual([{ a: 1 }, { a: 1 }]);
  expect(existsSync(folder)).toBe(false);
});

test('what was cut off or cannot be read is read again, and put right', () => {
  const text = long('a: { b: [1, 2] }');
  twice(text);
  const place = join(folder, files()[0]!);
  const whole = readFileSync(place, 'utf8');
  for (const damaged of ['', whole.slice(0, -1), '\0\0\0']) {
    writeFileSync(place, damaged);
    expect(twice(text)).toEqual([{ a: { b: [1, 2] } }, { a: { b: [1, 2] } }]);
    expect(readFileSync(place, 'utf8')).toBe(whole);
  }
});

test('what nobody has written for a month goes with the next that is written; where nothing can be written all goes on', () => {
  mkdirSync(folder);
  writeFileSync(join(folder, 'older.json'), '1');
  utimesSync(join(folder, 'older.json'), new Date(0), new Date(0));
  twice(long('a: 1'));
  expect(files()).toHaveLength(1);
  // A command that writes thousands looks through the folder once, not for each of them.
  const kept = keptManifests(folder, '1.0.0');
  kept.keep(long('a: 3'), { a: 3 });
  writeFileSync(join(folder, 'older.json'), '1');
  utimesSync(join(folder, 'older.json'), new Date(0), new Date(0));
  kept.keep(long('a: 4'), { a: 4 });
  expect(files()).toHaveLength(4);
  rmSync(folder, { recursive: true });
  writeFileSync(folder, 'a file');
  chmodSync(folder, 0o600);
  expect(twice(long('a: 2'))).toEqual([{ a: 2 }, { a: 2 }]);
});
