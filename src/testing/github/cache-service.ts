import { type BlobStore, garbled } from './blob-store.ts';
import type { JobIdentity } from './runtime-token.ts';
import { badRequest, type TwirpMethod, TwirpRefusal, text } from './twirp.ts';

export interface ServedCacheEntry {
  readonly id: number;
  readonly key: string;
  readonly version: string;
  /** The ref that made it. */
  readonly ref: string;
  /** Where its bytes are among the blobs. */
  readonly blob: string;
  /** False while it is reserved and not yet finished: nobody can read it, and nobody else can have its key. */
  isFinished: boolean;
}

/** `github.actions.results.api.v1.CacheService` in memory. */
export interface CacheService {
  readonly entries: ServedCacheEntry[];
  readonly methods: Readonly<Record<string, TwirpMethod>>;
  /** All entries of a key go, as after 7 days or at 10 GB. */
  evict(key: string): void;
  /** The bytes of a key's entries become others; as many, or with `cut-short` half of them. */
  damage(key: string, how?: 'garbled' | 'cut-short'): void;
}

export function makeCacheService(blobs: BlobStore, url: () => string): CacheService {
  const entries: ServedCacheEntry[] = [];
  const placeOf = (path: string) => path.split('?')[0]!;
  const ofKey = (key: string) => entries.filter((entry) => entry.key === key);

  return {
    entries,
    methods: {
      CreateCacheEntry(request, identity) {
        const [key, version] = [text(request, 'key'), text(request, 'version')];
        const scope = identity.scopes[0];
        if (scope?.mode !== 'write') return { ok: false, message: `cache write denied: ${scope?.ref} is read-only` };
        if (entries.some((entry) => entry.key === key && entry.version === version && entry.ref === scope.ref)) {
          throw new TwirpRefusal(409, 'already_exists', 'cache entry with the same key, version, and scope exists');
        }
        const path = blobs.newPath('archive');
        const id = entries.length + 1;
        entries.push({ id, key, version, ref: scope.ref, blob: placeOf(path), isFinished: false });
        return { ok: true, signed_upload_url: `${url()}${path}` };
      },
      FinalizeCacheEntryUpload(request, identity) {
        const [key, version] = [text(request, 'key'), text(request, 'version')];
        const entry = entries.find(
          (each) => each.key === key && each.version === version && each.ref === identity.scopes[0]?.ref,
        );
        if (entry === undefined) throw new TwirpRefusal(404, 'not_found', 'no such reservation');
        if (String(blobs.blobs.get(entry.blob)?.length) !== text(request, 'size_bytes')) {
          entries.splice(entries.indexOf(entry), 1);
          return { ok: false, message: 'the size of the upload is not the size that was told' };
        }
        entry.isFinished = true;
        return { ok: true, entry_id: String(entry.id) };
      },
      GetCacheEntryDownloadURL(request, identity) {
        const keys = [text(request, 'key'), ...restoreKeys(request)];
        const entry = findEntry(entries, identity, keys, text(request, 'version'));
        if (entry === undefined) return { ok: false };
        // The client only reads: the signature of the blob is the one of its upload.
        return { ok: true, signed_download_url: `${url()}${signed(blobs, entry)}`, matched_key: entry.key };
      },
    },
    evict(key) {
      for (const entry of ofKey(key)) entries.splice(entries.indexOf(entry), 1);
    },
    damage(key, how = 'garbled') {
      for (const { blob } of ofKey(key)) {
        const bytes = blobs.blobs.get(blob)!;
        blobs.blobs.set(blob, how === 'garbled' ? garbled(bytes) : bytes.subarray(0, Math.floor(bytes.length / 2)));
      }
    },
  };
}

function signed(blobs: BlobStore, entry: ServedCacheEntry): string {
  const path = blobs.newPath('archive');
  blobs.blobs.set(path.split('?')[0]!, blobs.blobs.get(entry.blob) ?? Buffer.alloc(0));
  return path;
}

function restoreKeys(request: Readonly<Record<string, unknown>>): string[] {
  const keys = request['restore_keys'] ?? [];
  if (!Array.isArray(keys) || keys.length > 9) throw badRequest('restore_keys: at most 10 keys');
  return keys.map(String);
}

/** GitHub's order: scope by scope; in each, key by key; for each, the exact one and then the newest with that beginning. */
function findEntry(
  entries: readonly ServedCacheEntry[],
  identity: JobIdentity,
  keys: readonly string[],
  version: string,
): ServedCacheEntry | undefined {
  for (const { ref } of identity.scopes) {
    const readable = entries.filter((entry) => entry.isFinished && entry.ref === ref && entry.version === version);
    for (const key of keys) {
      const found =
        readable.find((entry) => entry.key === key) ?? readable.findLast((entry) => entry.key.startsWith(key));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}
