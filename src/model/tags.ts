/** Tags by key. */
export type Tags = Readonly<Record<string, string>>;

const OWN = 'branchline/';
const DAGSTER = 'dagster/';

/** The other spelling of a tag of the engine: `dagster/priority` of `branchline/priority`, and the other way round. */
export function otherSpelling(key: string): string | undefined {
  if (key.startsWith(OWN)) return DAGSTER + key.slice(OWN.length);
  return key.startsWith(DAGSTER) ? OWN + key.slice(DAGSTER.length) : undefined;
}

/**
 * Tags of two sources, of which the nearer has the last word: also where it spells a tag of the engine in Dagster's way
 * and the farther one in ours, or the reverse. Readers take our spelling first, so both side by side would let the
 * farther one win.
 */
export function layeredTags(farther: Tags | undefined, nearer: Tags | undefined): Tags {
  const merged: Record<string, string> = { ...farther };
  for (const [key, value] of Object.entries(nearer ?? {})) {
    const other = otherSpelling(key);
    if (other !== undefined && !Object.hasOwn(nearer!, other)) delete merged[other];
    merged[key] = value;
  }
  return merged;
}
