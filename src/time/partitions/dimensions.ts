import { nearestWord } from '../../base/nearest.ts';
import { fail, ok, type Result } from '../../base/result.ts';
import { type KeysProblem, type Partitions, placesIn, RANGE_SEPARATOR, selectKeys } from './keys.ts';

/** Keys that are left to choose from, and what chooses among them. */
export interface NarrowedKeys {
  readonly keys: readonly string[];
  readonly text: string;
}

/**
 * Keys of several dimensions by some of them, as Dagster selects them: of `region=eu,day=2026-01-01...2026-01-05` what each
 * part says of its dimension holds at once, several parts of one dimension are taken together, and a dimension that is not
 * named has all of its keys. What else the text has (`missing`, keys) chooses among these; without anything, it is all.
 */
export function narrowByDimension(
  partitions: Partitions | undefined,
  keys: readonly string[],
  text: string,
): Result<NarrowedKeys, readonly KeysProblem[]> {
  if (partitions?.def.kind !== 'multi' || placesIn(keys).has(text.trim())) return ok({ keys, text });
  const names = Object.keys(partitions.def.dimensions).sort();
  const ownKeys = (name: string): readonly string[] => [...new Set(keys.map((key) => partitions.split(key)![name]!))];
  const asked = new Map<string, string[]>();
  const rest: string[] = [];
  const problems: KeysProblem[] = [];
  for (const part of text.split(/[,\n]/).map((each) => each.trim())) {
    const [, name, value] = /^([^=|]+?)\s*=\s*(.+)$/.exec(part) ?? [];
    if (name !== undefined && names.includes(name)) asked.set(name, [...(asked.get(name) ?? []), value!]);
    else if (isWhole(keys, part)) rest.push(part);
    else {
      const problem = name === undefined ? ofOneDimension(names, ownKeys, part) : unknownDimension(names, name, part);
      if (problem) problems.push(problem);
      else rest.push(part);
    }
  }
  if (problems.length > 0) return fail(problems);
  if (asked.size === 0) return ok({ keys, text });
  const wanted = new Map<string, ReadonlySet<string>>();
  for (const [name, values] of asked) {
    const chosen = selectKeys(ownKeys(name), values.join(','));
    if (chosen.ok) wanted.set(name, new Set(chosen.value));
    else problems.push(...chosen.error.map((each) => ({ ...each, message: `${name}: ${each.message}` })));
  }
  if (problems.length > 0) return fail(problems);
  const narrowed = keys.filter((key) => {
    const parts = partitions.split(key)!;
    return [...wanted].every(([name, own]) => own.has(parts[name]!));
  });
  return ok({ keys: narrowed, text: rest.some((part) => part !== '') ? rest.join(',') : 'all' });
}

/** A key, or a range of keys that there are, may hold any sign. */
function isWhole(keys: readonly string[], part: string): boolean {
  const place = placesIn(keys);
  return part.split(RANGE_SEPARATOR).every((key) => place.has(key.trim()));
}

function unknownDimension(names: readonly string[], name: string, part: string): KeysProblem {
  const near = nearestWord(name, names);
  const meant = near === undefined ? `there are ${names.join(' and ')}` : `did you mean \`${near}\`?`;
  return { text: part, message: `\`${part}\`: there is no dimension \`${name}\`; ${meant}` };
}

/** The key of one dimension where a whole key is needed. */
function ofOneDimension(
  names: readonly string[],
  ownKeys: (name: string) => readonly string[],
  part: string,
): KeysProblem | undefined {
  const [first] = part.split(RANGE_SEPARATOR);
  const name = names.find((each) => ownKeys(each).includes(first!.trim()));
  if (name === undefined || part === '') return undefined;
  const message = `\`${part}\` names keys of the dimension \`${name}\` and no partition; write \`${name}=${part}\`, or whole keys (${names.join(' | ')})`;
  return { text: part, message };
}
