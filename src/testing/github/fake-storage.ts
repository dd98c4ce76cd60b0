import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fail, ok } from '../../base/result.ts';
import type { ArtifactRefusal, Artifacts, Cache, StoredArtifact } from '../../ports-storage.ts';

/** The port without a service. Tests read and change what it holds. */
export interface FakeCache extends Cache {
  /** By key, oldest first. */
  readonly entries: Map<string, Uint8Array>;
  /** Keys that another job has reserved and not finished. */
  readonly reserved: Set<string>;
  /** Keys whose bytes are not what was saved. */
  readonly damaged: Set<string>;
  state: 'works' | 'read-only' | 'unavailable';
  /** The next save is refused. */
  refusesNext: boolean;
  /** `restore …` and `save …`, in order. */
  readonly calls: string[];
}

/** `entries` shared by two fakes are two jobs of one branch. */
export function fakeCache(entries = new Map<string, Uint8Array>()): FakeCache {
  const down = { kind: 'unavailable', message: 'the Actions cache: its service did not answer' } as const;
  const find = (keys: readonly string[]): string | undefined => {
    for (const key of keys) {
      const found = entries.has(key) ? key : [...entries.keys()].findLast((each) => each.startsWith(key));
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const fake: FakeCache = {
    entries,
    reserved: new Set(),
    damaged: new Set(),
    state: 'works',
    refusesNext: false,
    calls: [],
    async restore(keys, into) {
      fake.calls.push(`restore ${keys.join(' ')}`);
      if (fake.state === 'unavailable') return down;
      const key = find(keys);
      if (key === undefined) return { kind: 'miss' };
      if (fake.damaged.has(key)) return { kind: 'damaged', key, message: `the entry ${key} could not be unpacked` };
      mkdirSync(path.dirname(into), { recursive: true });
      writeFileSync(into, entries.get(key)!);
      return { kind: 'hit', key };
    },
    async lookup(keys) {
      if (fake.state === 'unavailable') return down;
      const key = find(keys);
      return key === undefined ? { kind: 'miss' } : { kind: 'hit', key };
    },
    async save(key, file) {
      fake.calls.push(`save ${key}`);
      if (fake.state === 'unavailable') return down;
      if (fake.state === 'read-only') return { kind: 'read-only', message: 'the token of this job may only read' };
      if (entries.has(key) || fake.reserved.has(key)) return { kind: 'exists' };
      if (fake.refusesNext) {
        fake.refusesNext = false;
        return { kind: 'refused', message: 'the Actions cache did not take what was uploaded' };
      }
      entries.set(key, readFileSync(file));
      return { kind: 'saved' };
    },
  };
  return fake;
}

export interface FakeArtifacts extends Artifacts {
  /** What was uploaded: name → file → text. */
  readonly uploads: Map<string, ReadonlyMap<string, string>>;
  /** Archives of other jobs: name → zip. */
  readonly archives: Map<string, Uint8Array>;
  state: 'works' | 'unavailable';
}

/** The port without a service. What is uploaded is kept file by file; what is downloaded is an archive that a test gives. */
export function fakeArtifacts(): FakeArtifacts {
  const ids = new Map<string, StoredArtifact>();
  const down = fail<ArtifactRefusal>({ code: 'unavailable', message: 'the artifact service did not answer' });
  const stored = (name: string, bytes: number): StoredArtifact => {
    const artifact = { id: 5_000 + ids.size, name, bytes };
    ids.set(name, artifact);
    return artifact;
  };
  const fake: FakeArtifacts = {
    uploads: new Map(),
    archives: new Map(),
    state: 'works',
    async upload({ name, folder, files }) {
      if (fake.state === 'unavailable') return down;
      if (fake.uploads.has(name)) return fail({ code: 'exists', message: `there is an artifact ${name}` });
      const paths = files.map((file) => path.join(folder, file));
      const missing = paths.find((file) => !existsSync(file));
      if (missing !== undefined) return fail({ code: 'refused', message: `${missing} is no file` });
      const texts = new Map(files.map((file, i) => [file, readFileSync(paths[i]!, 'utf8')]));
      fake.uploads.set(name, texts);
      return ok(stored(name, [...texts.values()].join('').length));
    },
    async list() {
      if (fake.state === 'unavailable') return down;
      for (const [name, archive] of fake.archives) if (!ids.has(name)) stored(name, archive.length);
      return ok([...ids.values()].reverse());
    },
    async download(name, bytesMax) {
      if (fake.state === 'unavailable') return down;
      const archive = fake.archives.get(name);
      if (archive === undefined) return fail({ code: 'not-found', message: `no artifact ${name}` });
      if (archive.length > bytesMax) return fail({ code: 'too-large', message: `${name}: ${archive.length} bytes` });
      return ok(archive);
    },
  };
  return fake;
}
