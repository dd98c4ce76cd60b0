import type { KeptValues } from '../base/kept-values.ts';
import type { ManifestDocument } from './document.ts';
import { fits } from './fits.ts';
import type { WrittenManifest, WrittenProject } from './generated/written.ts';
import { LineIndex } from './line-index.ts';
import { locator } from './locator.ts';
import { readKeptYaml, readPlainYaml } from './plain-yaml.ts';
import type { ManifestKind } from './schema.ts';

/**
 * Reads a manifest in which nothing is wrong; undefined when something may be: then `parseManifest` says what. Knows
 * neither the schema's texts nor the parser that explains, so that a command on a sound project loads neither.
 */
export function readFitting(
  { path, text }: { readonly path: string; readonly text: string },
  kind: ManifestKind,
  kept?: KeptValues,
): ManifestDocument | undefined {
  const plain = kept === undefined ? readPlainYaml(text) : readKeptYaml(text, kept);
  if (!plain) return undefined;
  // An empty file is one that declares nothing.
  const value = plain.value ?? {};
  if (!fits(kind, value)) return undefined;
  const locate = locator(new LineIndex(path, text), plain.tree);
  return kind === 'project'
    ? { kind, path, value: value as WrittenProject, broken: [], locate }
    : { kind, path, value: value as WrittenManifest, broken: [], locate };
}
