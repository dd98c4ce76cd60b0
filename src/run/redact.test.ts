import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createRedactor, type Secret } from './redact.ts';

function redactor(...values: string[]) {
  const secrets: Secret[] = values.map((value, i) => ({ name: `S${i}`, value }));
  return createRedactor(secrets);
}

function inChunks(values: string[], chunks: string[]): string {
  const stream = redactor(...values).stream();
  return chunks.map((chunk) => stream.push(chunk)).join('') + stream.end();
}

describe('a text', () => {
  const check = (values: string[], text: string, expected: string) =>
    expect(redactor(...values).text(text)).toBe(expected);

  test('loses the secret wherever it stands', () => check(['hunter22'], 'a hunter22 b hunter22', 'a *** b ***'));
  test('keeps values under 4 characters', () => check(['abc'], 'abc', 'abc'));
  test('keeps values that are short without their white space', () => check([' ab  '], 'x ab  y', 'x ab  y'));
  test('loses the longest of two secrets that overlap, as one mask', () =>
    check(['abcdef', 'cdefgh'], '<abcdefgh>', '<***>'));
  test('loses a repeated secret once for each place', () => check(['aaaa'], 'aaaaaa b aaaa', '*** b ***'));
  test('loses each line of a value with several', () =>
    check(['first line\nsecond line'], 'x second line y', 'x *** y'));
  test('loses a value without the line end that a file gave it', () => check(['hunter22\n'], 'hunter22!', '***!'));
  test('loses a password inside of JSON', () => check(['a"b\\c\nd'], String.raw`{"p":"a\"b\\c\nd"}`, '{"p":"***"}'));
  test('loses it in JSON inside of JSON', () =>
    check(['a"b\\cd'], JSON.stringify(JSON.stringify('a"b\\cd')), '"\\"***\\""'));
  test('loses it in JSON that keeps to ASCII', () => check(['pässwörd'], String.raw`p\u00e4ssw\u00F6rd`, '***'));
  test('loses it in a URL, whichever characters were encoded', () => {
    check(['p@ss/w rd'], 'u:p%40ss%2Fw%20rd@h', 'u:***@h');
    check(['p@ss/w rd'], 'u:p%40ss%2fw+rd@h', 'u:***@h');
    check(['p@ss/w rd'], 'u:%70@ss/w%20rd@h', 'u:***@h');
    check(['schlüssel'], 'k=schl%C3%BCssel', 'k=***');
  });
  test('loses it in base64 at each alignment', () => {
    for (const before of ['', 'u', 'us', 'usr']) {
      const text = Buffer.from(`${before}:hunter22hunter22:`).toString('base64');
      const masked = redactor('hunter22hunter22').text(text);
      expect(masked).toContain('***');
      expect(Buffer.from(masked.replace('***', ''), 'base64').toString()).not.toContain('hunt');
    }
  });
  test('loses it in wrapped base64', () => {
    const secret = 'correct horse battery staple';
    for (let before = 0; before < 76; before++) {
      const wrapped = Buffer.from(`${'x'.repeat(before)}${secret}${'y'.repeat(80)}`).toString('base64');
      const lines = wrapped.match(/.{1,76}/g)!.join('\r\n');
      expect(redactor(secret).text(lines)).toContain('***');
      expect(inChunks([secret], lines.split(''))).toBe(redactor(secret).text(lines));
    }
  });
  test('says when it has nothing to mask', () => {
    expect(redactor('abc').masks).toBe(false);
    expect(redactor('abcd').masks).toBe(true);
  });
});

describe('a stream', () => {
  test('masks a secret that arrives split over two chunks', () =>
    expect(inChunks(['hunter22'], ['a hun', 'ter22 b'])).toBe('a *** b'));
  test('gives at once what cannot be the start of a secret', () => {
    const stream = redactor('hunter22').stream();
    expect(stream.push('waiting for hun')).toBe('waiting for ');
    expect(stream.push('gry people\n')).toBe('hungry people\n');
  });
  test('masks a secret that ends where another could begin', () => {
    expect(inChunks(['abcd', 'cdef'], ['abcd', 'xy'])).toBe('***xy');
    expect(inChunks(['abcd', 'cdef'], ['abcd', 'ef'])).toBe('***');
  });
  test('keeps the escapes that a chunk cut', () => {
    expect(inChunks(['n"abc'], ['\\', '\\n\\', '"abc'])).toBe('\\\\***');
    expect(inChunks(['p@ss'], ['p', '%', '4', '0ss'])).toBe('***');
    expect(inChunks(['p@ss'], ['100%'])).toBe('100%');
    // Here the n belongs to an escaped line end, also when a chunk ends after it.
    expect(inChunks(['n"ab'], ['\\n', '\\u0022ab'])).toBe('\\n\\u0022ab');
  });
});

// ── Properties ───────────────────────────────────────────────────────────────────────────────────────────────────

/** Few letters, so that secrets overlap one another and their surroundings. */
const tightText = (min: number, max: number) =>
  fc.string({
    unit: fc.constantFrom('a', 'b', 'n', '%', '4', '\\', '"', '\n', 'YWFh'),
    minLength: min,
    maxLength: max,
  });
const secretText = fc
  .oneof(
    tightText(4, 12),
    fc.string({ minLength: 4, maxLength: 40 }),
    fc.string({ unit: 'grapheme', minLength: 4, maxLength: 20 }),
  )
  .filter((value) => value.trim().length >= 4 && Buffer.from(value).toString() === value);

const encodings: Readonly<Record<string, (value: string) => string>> = {
  plain: (value) => value,
  json: (value) => JSON.stringify(value),
  jsonTwice: (value) => JSON.stringify(JSON.stringify(value)),
  url: (value) => encodeURIComponent(value),
  form: (value) => encodeURIComponent(value).replaceAll('%20', '+'),
  urlLower: (value) => encodeURIComponent(value).replace(/%../g, (code) => code.toLowerCase()),
  urlAll: (value) => [...Buffer.from(value)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join(''),
  base64: (value) => Buffer.from(value).toString('base64'),
  base64One: (value) => Buffer.from(`:${value};`).toString('base64'),
  base64Two: (value) => Buffer.from(`::${value};`).toString('base64url'),
};

function cutAt(text: string, places: number[]): string[] {
  const cuts = [...new Set(places.map((place) => place % (text.length + 1)))].sort((a, b) => a - b);
  return [...cuts, text.length].map((cut, i) => text.slice(i === 0 ? 0 : cuts[i - 1], cut));
}

describe('whatever the secret', () => {
  const places = fc.array(fc.nat(400), { maxLength: 6 });

  test('it appears in no output, in any encoding, split anywhere', () => {
    const encoding = fc.constantFrom(...Object.keys(encodings));
    fc.assert(
      fc.property(
        secretText,
        encoding,
        tightText(0, 20),
        tightText(0, 20),
        places,
        (secret, name, before, after, cuts) => {
          // Around the secret stands nothing that an escape could swallow.
          const written = encodings[name]!(secret);
          const text = `${before} ${written} ${after}`;
          const out = inChunks([secret], cutAt(text, cuts));
          expect(out).toContain('***');
          const alone = inChunks([secret], cutAt(written, cuts));
          expect(alone).not.toContain(secret);
          expect(alone).not.toContain(written);
        },
      ),
      { numRuns: 500 },
    );
  });

  test('a stream gives what the whole text gives, however it is cut', () => {
    const secrets = fc.array(secretText, { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(secrets, fc.array(tightText(0, 12), { maxLength: 8 }), places, (values, parts, cuts) => {
        const text = parts.join(values[0]);
        expect(inChunks(values, cutAt(text, cuts))).toBe(redactor(...values).text(text));
      }),
      { numRuns: 500 },
    );
  });

  test('the order of secrets does not matter', () => {
    fc.assert(
      fc.property(fc.array(secretText, { maxLength: 4 }), tightText(0, 60), (values, text) => {
        expect(redactor(...values.toReversed()).text(text)).toBe(redactor(...values).text(text));
      }),
    );
  });
});
