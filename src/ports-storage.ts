/**
 * What GitHub keeps for a workflow run beside git: the Actions cache and artifacts. Part of the ports (ports.ts). Both
 * hold what others may have written: whoever restores or downloads checks the digest before trusting it.
 */
import type { Result } from './base/result.ts';

/** What came of asking for an entry. Only a `hit` wrote the file. */
export type CacheRestore =
  /** `key`: the entry's whole key, longer than what was asked for when a prefix found it. */
  | { readonly kind: 'hit'; readonly key: string }
  | { readonly kind: 'miss' }
  /** An entry is there and could not be brought back: cut short, no archive, something else inside. Save under a new key. */
  | { readonly kind: 'damaged'; readonly key: string; readonly message: string }
  /** No cache here, or it does not answer: as good as a miss, with its reason. */
  | { readonly kind: 'unavailable'; readonly message: string };

/** What came of saving. None of these fails a run by itself. */
export type CacheSave =
  | { readonly kind: 'saved' }
  /** Keys are immutable and this one is taken, or another job is just saving it. */
  | { readonly kind: 'exists' }
  /** The token of this job may only read: a low-trust trigger (a fork's pull request). */
  | { readonly kind: 'read-only'; readonly message: string }
  /** The service said no, or the upload broke off: nothing is there under the key. */
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'unavailable'; readonly message: string };

export type CacheLookup =
  | { readonly kind: 'hit'; readonly key: string }
  | { readonly kind: 'miss' }
  | { readonly kind: 'unavailable'; readonly message: string };

/**
 * The Actions cache, one file an entry. Entries are immutable and can vanish at any time (7 days unused, 10 GB); those
 * made on this ref, on a pull request's base and on the default branch can be read. A miss never fails. Calls may
 * overlap; they are carried out one after the other.
 */
export interface Cache {
  /**
   * Brings an entry back to the absolute path `into` (made with its folder, overwritten). An entry with exactly the key
   * comes first, then the newest whose key begins with it; `keys` are tried in order, at most 10, without commas, at
   * most 512 characters each.
   */
  restore(keys: readonly string[], into: string): Promise<CacheRestore>;
  /** Like `restore`, without the bytes. */
  lookup(keys: readonly string[]): Promise<CacheLookup>;
  /** Saves the file at an absolute path under a key: at most 512 characters, without commas. */
  save(key: string, file: string): Promise<CacheSave>;
}

export type ArtifactRefusal =
  /** Names are immutable within an attempt, and this one is taken. */
  | { readonly code: 'exists'; readonly message: string }
  | { readonly code: 'not-found'; readonly message: string }
  /** Understood and refused, or what came is not what was stored. */
  | { readonly code: 'refused'; readonly message: string }
  | { readonly code: 'too-large'; readonly message: string }
  /** No artifact service here (GitHub Enterprise Server, a laptop), or it does not answer. */
  | { readonly code: 'unavailable'; readonly message: string };

export interface StoredArtifact {
  readonly id: number;
  readonly name: string;
  readonly bytes: number;
}

/**
 * Artifacts of this workflow run. Immutable; those of earlier attempts may be listed and not be there. Those of other
 * workflow runs come through `GitHub`.
 */
export interface Artifacts {
  /**
   * Uploads files of a folder as one artifact; their names in it are their paths from the folder. Artifact names hold
   * none of `" : < > | * ? \ /` and line ends; ours end in `-a<attempt>`.
   */
  upload(request: {
    readonly name: string;
    /** Absolute. */
    readonly folder: string;
    /** From the folder, with `/`. */
    readonly files: readonly string[];
    /** Default: the repository's setting. */
    readonly retentionDays?: number;
  }): Promise<Result<StoredArtifact, ArtifactRefusal>>;
  /** The newest of each name. */
  list(): Promise<Result<readonly StoredArtifact[], ArtifactRefusal>>;
  /** The archive (zip) of the newest artifact of a name, as it is kept: hostile until proven otherwise. */
  download(name: string, bytesMax: number): Promise<Result<Uint8Array, ArtifactRefusal>>;
}
