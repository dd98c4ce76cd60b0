import { digestOf, sha256 } from '../base/digest.ts';
import { canonicalJson } from '../base/json.ts';
import { byText } from '../base/order.ts';

/** Characters of a version as partitions keep it. */
export const VERSION_CHARS_MAX = 12;

/** A data version as partitions keep it: a longer one as 12 hex digits of its digest. */
export function shortVersion(version: string): string {
  return version.length <= VERSION_CHARS_MAX ? version : digestOf(version).slice(0, VERSION_CHARS_MAX);
}

const CITED_CHARS = 23;

/** A data version as the history of an asset keeps it: a digest cut to its first 16 digits, with a mark. */
export function citedVersion(version: string): string {
  return /^sha256:[0-9a-f]{64}$/.test(version) ? `${version.slice(0, CITED_CHARS)}…` : version;
}

/** Digest over what was read of each upstream: data versions by asset, shortened. */
export function usedDigest(upstream: Readonly<Record<string, string>>): string {
  // `digestOf` of the pairs in the order of the assets; asked for once a partition, so without the pairs.
  let text = '';
  for (const asset of Object.keys(upstream).sort(byText))
    text += `${text && ','}[${canonicalJson(asset)},${canonicalJson(shortVersion(upstream[asset]!))}]`;
  return sha256(`[${text}]`).slice(0, VERSION_CHARS_MAX);
}

/** One version for several partitions: of one, its own; of several, a digest that changes when any of them does. */
export function combinedVersion(versions: Iterable<readonly [partition: string, version: string]>): string | undefined {
  const pairs = [...versions].map(([partition, version]) => [partition, shortVersion(version)] as const);
  if (pairs.length === 0) return undefined;
  if (pairs.length === 1) return pairs[0]![1];
  pairs.sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOf(pairs).slice(0, VERSION_CHARS_MAX);
}
