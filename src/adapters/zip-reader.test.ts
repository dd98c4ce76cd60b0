import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ZipFile, zipOf } from '../testing/zip.ts';
import { readZip } from './zip-reader.ts';

const LIMITS = { filesMax: 2, bytesMax: 10_000, ratioMax: 50 };
const read = (files: readonly ZipFile[]) => readZip(zipOf(files), LIMITS);

describe('an archive is unpacked', () => {
  test.each([true, false])('stored: %s', (stored) => {
    const files = [
      { name: 'plan.json', content: '{"ä":1}', stored },
      { name: 'b', content: '', stored },
    ];
    const unpacked = read(files);
    expect(unpacked.ok && [...unpacked.value].map(([name, bytes]) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['plan.json', '{"ä":1}'],
      ['b', ''],
    ]);
  });

  test('with a comment behind it', () => {
    const archive = zipOf([{ name: 'a', content: 'x' }]);
    archive.writeUInt16LE(5, archive.length - 2);
    expect(readZip(Buffer.concat([archive, Buffer.from('hello')]), LIMITS).ok).toBe(true);
  });
});

describe('a hostile archive is refused as a whole', () => {
  const ok = { name: 'a', content: 'x' };
  test.each<[string, readonly ZipFile[], RegExp]>([
    ['a way out', [{ name: '../a', content: 'x' }], /no plain one/],
    ['a way out by backslash', [{ name: '..\\a', content: 'x' }], /no plain one/],
    ['an absolute path', [{ name: '/etc/passwd', content: 'x' }], /no plain one/],
    ['a drive', [{ name: 'C:a', content: 'x' }], /no plain one/],
    ['a folder', [{ name: 'a/b', content: 'x' }], /no plain one/],
    ['a name with NUL', [{ name: 'a\0.json', content: 'x' }], /no plain one/],
    ['a name with a line end', [{ name: 'a\n::error::', content: 'x' }], /no plain one/],
    ['no name', [{ name: '', content: 'x' }], /no plain one/],
    ['one file twice', [ok, ok], /twice/],
    ['one file twice but for case', [ok, { name: 'A', content: 'y' }], /twice/],
    ['too many files', [ok, { name: 'b', content: '' }, { name: 'c', content: '' }], /more than 2 files/],
    ['a bomb that says so', [{ name: 'a', content: Buffer.alloc(10_001) }], /more than 10000 bytes/],
    [
      'a bomb in two halves',
      [
        { name: 'a', content: '', says: { unpacked: 6000, packed: 200 } },
        { name: 'b', content: '', says: { unpacked: 6000, packed: 200 } },
      ],
      /more than 10000 bytes/,
    ],
    ['a bomb by its ratio', [{ name: 'a', content: Buffer.alloc(9000) }], /50 to 1/],
    ['a bomb that lies', [{ name: 'a', content: Buffer.alloc(5_000_000), says: { unpacked: 900 } }], /another size/],
    ['less than it says', [{ name: 'a', content: 'x', says: { unpacked: 2 } }], /another size/],
    ['another checksum', [{ name: 'a', content: 'x', says: { crc: 1 } }], /checksum/],
    ['another name inside', [{ name: 'a', content: 'x', says: { localName: 'b' } }], /two names/],
    ['another method', [{ name: 'a', content: 'x', says: { method: 14 } }], /not known/],
    ['stored with two sizes', [{ name: 'a', content: 'xy', stored: true, says: { unpacked: 1 } }], /contradict/],
    ['encrypted', [{ name: 'a', content: 'x', says: { flags: 1 } }], /encrypted/],
    [
      'more packed bytes than there are',
      [{ name: 'a', content: 'x', stored: true, says: { packed: 9999, unpacked: 9999 } }],
      /cut short/,
    ],
  ])('%s', (_, files, message) => {
    const refused = read(files);
    expect(refused).toMatchObject({ ok: false, error: expect.stringMatching(message) });
  });

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['no archive', Buffer.from('PK\u0003\u0004 is not all')],
    ['an end without a list', Buffer.concat([zipOf([ok]).subarray(-22)])],
  ])('%s', (_, bytes) => {
    expect(readZip(bytes, LIMITS).ok).toBe(false);
  });

  test('whatever byte is another one: refused, or the same files', () => {
    const archive = zipOf([ok, { name: 'b', content: 'some more text, some more text' }]);
    const expected = readZip(archive, LIMITS);
    fc.assert(
      fc.property(fc.nat({ max: archive.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const broken = Buffer.from(archive);
        broken[at] = broken[at]! ^ change;
        const result = readZip(broken, LIMITS);
        if (result.ok && expected.ok)
          for (const [name, content] of result.value) {
            const known = [...expected.value.values()].some(
              (each) => Buffer.compare(Buffer.from(each), Buffer.from(content)) === 0,
            );
            expect([name, known]).toEqual([name, true]);
          }
      }),
      { numRuns: 500 },
    );
  });
});
