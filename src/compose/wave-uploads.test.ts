import { describe, expect, test } from 'vitest';
import { journalText } from '../app/shard-journal.ts';
import { waveText } from '../app/share-out.ts';
import { sha256 } from '../base/digest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { EventDraft } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import type { GitHub } from '../ports-github.ts';
import type { Artifacts } from '../ports-storage.ts';
import { numberEvents } from '../state/codec.ts';
import { zipOf } from '../testing/zip.ts';
import {
  findWave,
  ownUploads,
  readJournals,
  readWaves,
  type UploadRefusal,
  type Uploads,
  uploadsOf,
} from './wave-artifacts.ts';

const wave = {
  format: 1,
  workflow: '31',
  attempt: 1,
  runs: [{ plan: { runId: 'r', steps: [] }, claim: { claim: 'r.1', run: 'r', epoch: 1 }, lost: {} }],
  shards: [
    { id: 's000', run: 'r', runner: '', steps: ['a'], expectedMs: 1, slots: {} },
    { id: 's001', run: 'r', runner: '', steps: ['b'], expectedMs: 1, slots: {} },
  ],
} as unknown as Wave;
const text = waveText(wave);
const digest = sha256(text);
const planName = `bl-plan-${digest.slice(0, 12)}-a1`;

const zip = (name: string, content: string): Uint8Array => zipOf([{ name, content: Buffer.from(content) }]);
const plan = zip('plan.json', text);
const journal = (...steps: string[]): Uint8Array =>
  zip('journal.jsonl', journalText(numberEvents('x', 0, steps.map(ended))));
const ended = (step: string): EventDraft => ({
  type: 'step.ended',
  at: '2026-11-22T09:00:00.000Z',
  run: 'r',
  epoch: 1,
  step,
  outcome: 'success',
  failedAssets: [],
  durationMs: 1,
});

const silence: UploadRefusal = { message: 'no answer', isSilence: true };
const gone: UploadRefusal = { message: 'it has expired', isSilence: false };
/** Uploads of a workflow run; a refusal in place of an archive is what reading it gives. */
function uploads(archives: Readonly<Record<string, Uint8Array | UploadRefusal>>, names?: UploadRefusal): Uploads {
  return {
    names: async () => (names ? fail(names) : ok(Object.keys(archives))),
    read: async (name): Promise<Result<Uint8Array, UploadRefusal>> => {
      const found = archives[name]!;
      return found instanceof Uint8Array ? ok(found) : fail(found);
    },
  };
}

describe('plans whose digest nobody can tell any more', () => {
  const read = async (from: Uploads) => {
    const warnings: string[] = [];
    const done = await readWaves(from, { run: '31', attempt: 1, warn: (text) => warnings.push(text) });
    return { done, warnings };
  };

  test('are found by what their names say of them', async () => {
    const all = uploads({ [planName]: plan, 'bl-plan-000000000000-a2': plan, 'bl-journal-s000-1-a1': journal('a') });
    expect(await read(all)).toEqual({ done: ok([wave]), warnings: [] });
  });

  test('are none where none was uploaded', async () => {
    expect(await read(uploads({}))).toEqual({ done: ok([]), warnings: [] });
  });

  test('are not known where nobody answers: that is no answer', async () => {
    for (const from of [uploads({}, silence), uploads({ [planName]: silence })]) {
      const { done } = await read(from);
      expect(done).toMatchObject({ ok: false, error: { code: 'no-artifacts', exit: 3 } });
    }
  });

  test('are none where this token may not look, and that is said with the line that lacks', async () => {
    const { done, warnings } = await read(uploads({}, { message: 'GitHub forbids it', isSilence: false }));
    expect(done).toEqual(ok([]));
    expect(warnings).toEqual([expect.stringContaining('`permissions: actions: read`')]);
  });

  test.each([
    ['another content than its name says', zip('plan.json', text.replace('"31"', '"32"'))],
    ['no archive', Buffer.from('no zip')],
    ['another file', zip('other.json', text)],
    ['that has expired', gone],
  ])('leave out one with %s, and go on', async (_, archive) => {
    const { done, warnings } = await read(uploads({ [`bl-plan-${'0'.repeat(12)}-a1`]: archive, [planName]: plan }));
    expect(done).toEqual(ok([wave]));
    expect(warnings).toHaveLength(1);
  });

  test.each(['[]', '{}', '{"format":1}', '"x"', '{', JSON.stringify({ ...wave, runs: [{}] })])(
    'leave out what is no plan: %s',
    async (content) => {
      const { done } = await read(
        uploads({ [`bl-plan-${sha256(content).slice(0, 12)}-a1`]: zip('plan.json', content) }),
      );
      expect(done).toEqual(ok([]));
    },
  );
});

describe('journals of a wave', () => {
  const steps = async (from: Uploads) => {
    const read = await readJournals(from, wave);
    if (!read.ok) return read.error.code;
    const { journals, notes } = read.value;
    return {
      journals: Object.fromEntries(
        [...journals].map(([shard, events]) => [shard, events.map((e) => 'step' in e && e.step)]),
      ),
      notes,
    };
  };

  test('count by the newest of each shard of this attempt', async () => {
    const found = await steps(
      uploads({
        'bl-journal-s000-2-a1': journal('a'),
        'bl-journal-s000-10-a1': journal('a', 'a2'),
        'bl-journal-s001-1-a2': journal('late'),
        'bl-journal-s002-1-a1': journal('nobody'),
      }),
    );
    expect(found).toEqual({ journals: { s000: ['a', 'a2'] }, notes: [] });
  });

  test('of one that is damaged the one before counts, and the account says what is made again', async () => {
    const found = await steps(
      uploads({
        'bl-journal-s000-1-a1': journal('a'),
        'bl-journal-s000-2-a1': zip('journal.jsonl', 'no event\n'),
        'bl-journal-s000-3-a1': gone,
        'bl-journal-s001-1-a1': Buffer.from('no zip'),
      }),
    );
    expect(found).toEqual({
      journals: { s000: ['a'] },
      notes: [
        'Of job s000 the journal bl-journal-s000-3-a1 (it has expired) and 1 before it cannot be read: bl-journal-s000-1-a1 counts in its place. Steps that ended after it are made again.',
        'Of job s001 the journal bl-journal-s001-1-a1 (it is no zip archive) cannot be read, and there is no other: nothing that it did counts, and its steps are made again.',
      ],
    });
  });

  test('of one that nobody answers for nothing is decided: an older one would call finished steps lost', async () => {
    const all = { 'bl-journal-s000-1-a1': journal('a'), 'bl-journal-s000-2-a1': silence };
    expect(await steps(uploads(all))).toBe('no-artifacts');
    expect(await steps(uploads(all, silence))).toBe('no-artifacts');
  });
});

test('a plan that nobody answers for is not called missing', async () => {
  expect(await findWave(uploads({ [planName]: silence }), digest, 1)).toMatchObject({
    error: { code: 'no-artifacts' },
  });
  expect(await findWave(uploads({}, silence), digest, 1)).toMatchObject({ error: { code: 'no-artifacts' } });
  expect(await findWave(uploads({ [planName]: gone }), digest, 1)).toMatchObject({ error: { code: 'no-plan' } });
  expect(await findWave(uploads({}), digest, 1)).toMatchObject({ error: { code: 'no-plan' } });
  expect(await findWave(uploads({ [planName]: plan }), digest, 1)).toMatchObject({ value: { kind: 'found' } });
});

test('silence is told from an answer, of this workflow run and of others', async () => {
  const own = (code: string): Artifacts =>
    ({ list: async () => fail({ code, message: code }), download: async () => fail({ code, message: code }) }) as never;
  for (const [code, isSilence] of Object.entries({
    unavailable: true,
    refused: false,
    'not-found': false,
    'too-large': false,
  })) {
    expect(await ownUploads(own(code)).names()).toEqual(fail({ message: code, isSilence }));
    expect(await ownUploads(own(code)).read('x')).toEqual(fail({ message: code, isSilence }));
  }
  const other = (code: string): GitHub => ({ artifacts: async () => fail({ code, message: code }) }) as never;
  const codes = { unreachable: true, limited: true, forbidden: false, 'not-found': false, refused: false };
  for (const [code, isSilence] of Object.entries(codes))
    expect(await uploadsOf(other(code), 31).names()).toEqual(fail({ message: code, isSilence }));
});
