import type { Span } from '../model/diagnostic.ts';
import type { WrittenManifest, WrittenProject } from './generated/written.ts';

/** Names and list positions on the way from the top of a file to a value: `['assets', 'raw/orders', 'deps', 0]`. */
export type Pointer = readonly (string | number)[];

interface Located {
  /** From the project's root, with `/`. */
  readonly path: string;
  /**
   * Where a value, or the key that names it, stands in the file. A pointer that leads nowhere gives the nearest thing
   * that is there, so that a finding always has a place. Cheap when asked twice; the first call reads the text again.
   */
  locate(pointer: Pointer, what?: 'key' | 'value'): Span;
}

/** A manifest as written: the schema holds, nothing is resolved yet. */
export type ManifestDocument =
  | (Located & { readonly kind: 'project'; readonly value: WrittenProject })
  | (Located & { readonly kind: 'manifest'; readonly value: WrittenManifest });
