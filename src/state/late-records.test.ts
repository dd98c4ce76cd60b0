import fc from 'fast-check';
import { expect, test } from 'vitest';
import { LateText, LateTexts } from '../base/late-texts.ts';
import type { AssetRecord, RollupCell } from '../model/state.ts';
import type { StateProblem } from './codec.ts';
import { copyOfRecords, readRecords } from './late-records.ts';
import { FILE_BYTES_MAX } from './layout.ts';
import { decodeRecords, encodeRecords } from './record-files.ts';
import { assetShape, cellShape } from './record-shapes.ts';
import type { Check } from './shape.ts';

const words = fc.oneof(
  fc.constantFrom(
    '',
    'a',
    'raw/days',
    'toString',
    '__proto__',
    '7',
    'ü…',
    '"',
    '\\',
    'a\nb\u0000\u001f\u007f\u2028',
    '𝒜',
  ),
  fc.string({ maxLength: 5 }),
);
const at = fc.integer({ min: 0, max: 2e12 }).map((ms) => new Date(ms).toISOString());
const numbers = fc.oneof(
  fc.constantFrom(0, -0.5, 1e21, 1e-7, 2 ** 53, -3),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const counts = fc.oneof(fc.constantFrom(0, 7, 999_999_999_999_999), fc.nat());
const turn = fc.tuple(fc.integer(), fc.nat());
const outcome = fc.constantFrom('success', 'failure', 'canceled');
// Node 24.21 reads a key of one character that is escaped as `\\`, however it is asked.
const keys = words.filter((word) => word.length !== 1 || JSON.stringify(word).length === 3);
const mapping = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.array(fc.tuple(keys, item), { maxLength: 3 }).map((entries) => Object.fromEntries(entries));
const some = (item: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> => fc.array(item, { maxLength: 3 });
const mostly = (fields: Record<string, fc.Arbitrary<unknown>>, optional: Record<string, fc.Arbitrary<unknown>>) =>
  fc.record({ ...fields, ...optional }, { requiredKeys: Object.keys(fields) });

const failure = mostly(
  { class: fc.constantFrom('step', 'timeout', 'crash'), code: words, message: words },
  { exitCode: fc.integer(), signal: words, logTail: words },
);
const checkFields = {
  status: fc.constantFrom('PASSED', 'FAILED', 'ERRORED', 'SKIPPED'),
  severity: fc.constantFrom('warn', 'error'),
  blocking: fc.boolean(),
  stage: fc.constantFrom('audit', 'published'),
  run: words,
  at,
  message: words,
};
const moreOfCheck = { materialization: words, value: numbers, of: numbers, turn, published: fc.boolean() };
const assetRecord = mostly(
  {
    asset: words,
    checks: mapping(mostly(checkFields, { ...moreOfCheck, earlier: some(mostly(checkFields, moreOfCheck)) })),
    durationsMs: some(numbers),
    history: some(
      mostly({ at, run: words, outcome, durationMs: numbers }, { rows: numbers, dataVersion: words, message: words }),
    ),
  },
  {
    group: words,
    turn: mostly({ run: words, rank: fc.integer() }, {}),
    materialized: mostly(
      {
        id: words,
        run: words,
        at,
        codeVersion: words,
        codeParts: mapping(words),
        dataVersion: words,
        upstream: mapping(mostly({ dataVersion: words }, { materialization: words })),
        durationMs: numbers,
      },
      {
        codeCommit: words,
        files: mapping(mostly({ digest: words, bytes: counts }, { blob: words })),
        rows: numbers,
        turn,
      },
    ),
    attempt: mostly({ run: words, at, outcome, failuresInRow: counts }, { failure, failingSince: at, turn }),
    confirmedAt: at,
    lost: mostly({ at, message: words }, {}),
    succeededAt: some(numbers),
    failing: some(mostly({ turn, count: counts, since: at }, {})),
    succeeded: turn,
    handled: mostly({ at, run: words, versions: words, turn }, {}),
    onCron: mostly({ from: at, rule: mostly({ crons: some(words), timezone: words }, {}) }, { asked: at }),
    observed: mostly({ at, dataVersion: words }, { updatedAt: at }),
    partitions: mostly({ made: counts, failed: counts, newest: some(words), failing: some(words) }, {}),
  },
) as unknown as fc.Arbitrary<AssetRecord>;
const sketch = fc.constantFrom('1:8g', '1:0*2 z1*10 3');
const cell = mostly(
  {
    materialized: counts,
    failed: counts,
    checksPassed: counts,
    checksExecuted: counts,
    runs: counts,
    runsSucceeded: counts,
  },
  { billedMs: counts, microUsd: counts, unpricedMs: counts, durations: sketch, lateness: sketch },
) as unknown as fc.Arbitrary<RollupCell>;

interface File {
  readonly field: string;
  readonly shape: Check;
  readonly records: ReadonlyMap<string, object>;
}
const files: fc.Arbitrary<File> = fc.oneof(
  fc
    .array(fc.tuple(keys, assetRecord), { minLength: 1, maxLength: 4 })
    .map((all) => ({ field: 'assets', shape: assetShape, records: new Map<string, object>(all) })),
  fc
    .array(fc.tuple(keys, cell), { minLength: 1, maxLength: 4 })
    .map((all) => ({ field: 'cells', shape: cellShape, records: new Map<string, object>(all) })),
);

interface Read {
  readonly records: readonly (readonly [string, string])[];
  readonly problems: readonly StateProblem[];
}
// In the order of keys: which record comes first is no matter of a file.
const sorted = (records: Iterable<readonly [string, unknown]>): Read['records'] =>
  [...records].map(([key, record]) => [key, JSON.stringify(record)] as const).sort(([a], [b]) => (a < b ? -1 : 1));

/** As a text or as the bytes of a file. */
function readLate(content: string | Buffer, { field, shape }: Pick<File, 'field' | 'shape'>): Read {
  const problems: StateProblem[] = [];
  const texts =
    typeof content === 'string'
      ? new Map([['f.json', content]])
      : new LateTexts().setLate('f.json', new LateText(content));
  const late = readRecords(texts, { field, shape, problems, lateFrom: 0 });
  return { records: problems.length > 0 ? [] : sorted(late), problems };
}

function readAtOnce(content: string, { field, shape }: Pick<File, 'field' | 'shape'>): Read {
  const problems: StateProblem[] = [];
  const records = decodeRecords('f.json', content, { field, shape, problems });
  return { records: problems.length > 0 ? [] : sorted(records), problems };
}

/** A shape that says of no value whether it is right: who asks it has parsed the record. */
function unasked(shape: Check): Check {
  return {
    ...shape,
    test: () => {
      throw new Error('parsed');
    },
  };
}

test('few records are parsed at once, many only when somebody asks', () => {
  const problems: StateProblem[] = [];
  const file = (chars: number): Map<string, string> => {
    const record = {
      asset: 'a',
      checks: {},
      durationsMs: [],
      history: [],
      lost: { at: '2026-11-22T09:00:00.000Z', message: 'a'.repeat(chars) },
    };
    return new Map(['a', 'b'].map((key) => [`${key}.json`, encodeRecords('assets', [[key, record]])]));
  };
  const options = { field: 'assets', shape: unasked(assetShape), problems };
  expect(() => readRecords(file(1_000), options)).toThrow('parsed');
  const many = readRecords<AssetRecord>(file(200_000), options);
  expect([many.size, many.get('b')?.lost?.message.length]).toEqual([2, 200_000]);
});

test('records that are read late are those that were written, and none is parsed before somebody asks', () => {
  fc.assert(
    fc.property(files, (file) => {
      const content = encodeRecords(file.field, file.records);
      // No name of ours has a sign that JSON escapes; a file with one is parsed.
      const isPlain = [...file.records.keys()].every((key) => JSON.stringify(key) === `"${key}"`);
      const shape = isPlain ? unasked(file.shape) : file.shape;
      const late = readLate(content, { field: file.field, shape });
      expect(late).toEqual(readAtOnce(content, file));
      expect(late.problems).toEqual([]);
      expect(readLate(Buffer.from(content), { field: file.field, shape })).toEqual(late);
    }),
    { numRuns: 200 },
  );
});

/** Records in files, each with the names of some; who wrote them puts a record into the file that its name begins with. */
const shared = fc.dictionary(
  fc.constantFrom('a.json', 'b.json', 'c.json'),
  fc.uniqueArray(fc.tuple(fc.constantFrom('a', 'a1', 'a"', 'b', 'bü', 'c', 'c𝒜', 'toString', '__proto__'), fc.nat(9)), {
    maxLength: 4,
    selector: ([key]) => key,
  }),
);
const question = fc.tuple(
  fc.constantFrom('get', 'has', 'size', 'keys', 'entries'),
  fc.constantFrom('a', 'a1', 'a"', 'b', 'bü', 'c', 'c𝒜', 'toString', '__proto__', 'd'),
);

test('whatever is asked of records in many files, in any order, the answer is that of all of them at once', () => {
  fc.assert(
    fc.property(shared, fc.array(question, { maxLength: 12 }), fc.boolean(), (inFiles, questions, knowsPlaces) => {
      const placeOf = (key: string): string => `${key[0]}.json`;
      const known = new Map<string, AssetRecord>();
      const texts = new LateTexts();
      for (const [path, entries] of Object.entries(inFiles)) {
        const records = entries.map(([key, ms]): [string, AssetRecord] => [
          key,
          { asset: key, checks: {}, durationsMs: [ms], history: [] },
        ]);
        texts.setLate(path, new LateText(Buffer.from(encodeRecords('assets', records))));
        // Of two with one name the later one counts, or that which is in its place.
        for (const [key, record] of records) {
          const inPlace = knowsPlaces && (inFiles[placeOf(key)] ?? []).some(([name]) => name === key);
          if (!inPlace || path === placeOf(key)) known.set(key, record);
        }
      }
      const problems: StateProblem[] = [];
      const options = {
        field: 'assets',
        shape: assetShape,
        problems,
        lateFrom: 0,
        ...(knowsPlaces ? { placeOf } : {}),
      };
      const late = readRecords<AssetRecord>(texts, options);
      expect(problems).toEqual([]);
      for (const [what, key] of questions) {
        if (what === 'get') expect(late.get(key)).toEqual(known.get(key));
        if (what === 'get' && late.has(key)) expect(late.get(key)).toBe(late.get(key));
        if (what === 'has') expect(late.has(key)).toBe(known.has(key));
        if (what === 'size') expect(late.size).toBe(known.size);
        if (what === 'keys') expect([...late.keys()].sort()).toEqual([...known.keys()].sort());
        if (what === 'entries') for (const [name, record] of late) expect(record).toEqual(known.get(name));
      }
      expect(sorted(late)).toEqual(sorted(known));
    }),
    { numRuns: 300 },
  );
});

test('a record is looked for in its own file, and once', () => {
  const texts = new Map(
    ['a', 'b'].map((name) => [
      `${name}.json`,
      encodeRecords('assets', [[name, { asset: name, checks: {}, durationsMs: [], history: [] }]]),
    ]),
  );
  const asked: string[] = [];
  const options = { field: 'assets', shape: assetShape, problems: [], lateFrom: 0 };
  const late = readRecords<AssetRecord>(texts, {
    ...options,
    placeOf: (key) => {
      asked.push(key);
      return `${key}.json`;
    },
  });
  const copy = copyOfRecords(late).set('b', { asset: 'b', checks: {}, durationsMs: [7], history: [] });
  expect([late.get('a')?.asset, copy.get('b')?.durationsMs, late.get('b')?.durationsMs]).toEqual(['a', [7], []]);
  expect(asked).toEqual(['b', 'a']);
});

/** The same or nearly the same, as nobody of us writes it. */
const rewritten: readonly ((content: string) => string)[] = [
  (content) => content,
  (content) => content,
  (content) => content.replace('":', '" :'),
  (content) => content.replace(',\n', ', \n'),
  (content) => content.slice(0, -1),
  (content) => `${content}\n`,
  (content) => content.replace(/\n(.*),\n/, '\n$1,\n$1,\n'),
  (content) => content.replace(/\n(.*),\n(.*)\n/, '\n$2,\n$1\n'),
  (content) => content.replace('\n}}', '},"more":{\n}}'),
];

test('a file that is written in another way is read as if all of it were parsed at once, or refused with the same words', () => {
  fc.assert(
    fc.property(files, fc.constantFrom(...rewritten), (file, rewrite) => {
      const content = rewrite(encodeRecords(file.field, file.records));
      expect(readLate(content, file)).toEqual(readAtOnce(content, file));
      expect(readLate(Buffer.from(content), file)).toEqual(readAtOnce(content, file));
    }),
    { numRuns: 300 },
  );
});

const small: readonly File[] = [
  {
    field: 'assets',
    shape: assetShape,
    records: new Map<string, object>([
      [
        'a',
        {
          asset: 'a"\n',
          attempt: { run: 'r', at: '2026-11-22T09:00:00.000Z', outcome: 'failure', failuresInRow: 1, turn: [1, -1] },
          checks: {
            ids: {
              status: 'PASSED',
              severity: 'warn',
              blocking: true,
              stage: 'audit',
              run: 'r',
              at: '2026-11-22T24:00:00.000Z',
              message: '',
              value: -1.5e-7,
            },
          },
          durationsMs: [999_999_999_999_999, 0],
          history: [],
        },
      ],
      ['b', { asset: 'b', checks: {}, durationsMs: [1], history: [] }],
    ]),
  },
  {
    field: 'cells',
    shape: cellShape,
    records: new Map<string, object>([
      [
        'asset:a',
        {
          materialized: 999_999_999_999_999,
          failed: 0,
          checksPassed: 20,
          checksExecuted: 0,
          runs: 0,
          runsSucceeded: 0,
          durations: '1:8g*2 z',
        },
      ],
    ]),
  },
];
const pieces = [
  '',
  ...',"{}[]:\\\n \t019-.e\u0001'.split(''),
  '\\x',
  '\\u12',
  '00',
  '.5',
  'e5',
  '"a":1,',
  ',"z":2',
  '"group":"g",',
  'null',
  '{}',
];

test('whatever is done to a file at any place, it is read as if all of it were parsed at once, or refused with the same words', () => {
  let [refused, readable] = [0, 0];
  for (const file of small) {
    const whole = encodeRecords(file.field, file.records);
    for (let place = 0; place <= whole.length; place++) {
      for (const piece of pieces) {
        for (const length of [0, 1]) {
          const content = whole.slice(0, place) + piece + whole.slice(place + length);
          const late = JSON.stringify(readLate(Buffer.from(content), file));
          if (late !== JSON.stringify(readAtOnce(content, file))) expect.fail(`${content}: ${late}`);
          if (late.includes('"problems":[]')) readable++;
          else refused++;
        }
      }
    }
  }
  // Both have come up, or this has shown nothing.
  expect(Math.min(refused, readable)).toBeGreaterThan(1_000);
});

test('bytes that are no UTF-8 are read as they are where the whole is made a text', () => {
  const pieces = [[0xc0], [0xff], [0xe2, 0x80], [0xf0, 0x9d, 0x92], [0x80], [0xed, 0xa0, 0x80], [0xc3, 0xbc]];
  for (const file of small) {
    const whole = Buffer.from(encodeRecords(file.field, file.records));
    for (let place = 0; place <= whole.length; place++) {
      for (const piece of pieces) {
        const bytes = Buffer.concat([whole.subarray(0, place), Buffer.from(piece), whole.subarray(place)]);
        expect(readLate(bytes, file)).toEqual(readAtOnce(bytes.toString('utf8'), file));
      }
    }
  }
});

test.each([
  ['a field that nobody knows', '"zzz":1,', 'zzz: not a known field'],
  [
    'an instant on no calendar',
    '"confirmedAt":"2026-13-01T00:00:00.000Z",',
    'confirmedAt: expected an instant such as',
  ],
])('a record with %s is named with file and line before anybody asks for it', (_what, more, message) => {
  const record: AssetRecord = { asset: 'a', checks: {}, durationsMs: [], history: [] };
  const lines = encodeRecords('assets', [
    ['a', record],
    ['b', { ...record, asset: 'b' }],
  ]).replace('"b":{"asset":"b",', `"b":{"asset":"b",${more}`);
  const { problems } = readLate(lines, { field: 'assets', shape: assetShape });
  expect(problems).toMatchObject([{ file: 'f.json', line: 3 }]);
  expect(problems[0]!.message).toContain(`b: ${message}`);
});

test('a file that is longer than any of ours is parsed at once, and of one that is as long nothing is', () => {
  const record = (bytes: number): object => ({
    asset: 'a',
    checks: {},
    durationsMs: [],
    history: [],
    lost: { at: '2026-11-22T09:00:00.000Z', message: 'a\n'.repeat(bytes / 3) },
  });
  const shape = unasked(assetShape);
  const longest = encodeRecords('assets', [['a', record(FILE_BYTES_MAX - 200)]]);
  expect(readLate(longest, { field: 'assets', shape }).records).toHaveLength(1);
  const longer = encodeRecords('assets', [['a', record(9 * FILE_BYTES_MAX)]]);
  expect(() => readLate(longer, { field: 'assets', shape })).toThrow('parsed');
  expect(readLate(longer, { field: 'assets', shape: assetShape }).records).toHaveLength(1);
});

test('a copy has what was set in it, and what it was made of stays as it is', () => {
  const record = (asset: string): AssetRecord => ({ asset, checks: {}, durationsMs: [], history: [] });
  const keys = Array.from({ length: 1_200 }, (_, i) => `a${i}`);
  const problems: StateProblem[] = [];
  const content = encodeRecords(
    'assets',
    keys.map((key) => [key, record(key)]),
  );
  const options = { field: 'assets', shape: assetShape, problems, lateFrom: 0 };
  const before = readRecords<AssetRecord>(new Map([['f.json', content]]), options);
  const after = copyOfRecords(before);
  after.set('a7', { ...record('a7'), group: 'g' }).set('new', record('new'));
  after.delete('a8');
  expect(before.get('a7')).toEqual(record('a7'));
  expect([before.size, after.size, before.has('new'), after.has('a8')]).toEqual([1_200, 1_200, false, false]);
  const wanted = new Map(keys.map((key) => [key, record(key)]));
  wanted.set('a7', { ...record('a7'), group: 'g' }).delete('a8');
  wanted.set('new', record('new'));
  expect(new Map(after)).toEqual(wanted);
  expect([...after.keys()].sort()).toEqual([...wanted.keys()].sort());
  expect([...after.values()]).toHaveLength(1_200);
  let seen = 0;
  after.forEach((value, key) => {
    seen += value === after.get(key) ? 1 : 0;
  });
  expect(seen).toBe(1_200);
  after.clear();
  expect([after.size, before.size]).toEqual([0, 1_200]);
});
