import { nearestWord } from '../../base/nearest.ts';
import { fail, ok, type Result, unreachable } from '../../base/result.ts';
import type { EpochMs } from '../../model/instant.ts';
import type { MultiPartitions, PartitionsDef, SinglePartitions } from '../../model/partitions.ts';
import { neighbouringKeys, neighbouringWindows } from './nearest-keys.ts';
import { openWindows, type Windows } from './windows.ts';

/** What decides which keys exist: the instant, and the dynamic keys that are known. */
export interface KeysAt {
  readonly now: EpochMs;
  /** Keys of a dynamic definition, in the order in which they came. */
  readonly dynamic: (name: string) => readonly string[];
}

/** A definition that was read. */
export interface Partitions {
  readonly def: PartitionsDef;
  /** All keys that exist, in the definition's order. */
  keys(at: KeysAt): readonly string[];
  /** The windows, when the definition, or one dimension of it, is made of time. */
  readonly windows: Windows | undefined;
  /** Key of each dimension; only for a multi definition. */
  split(key: string): Readonly<Record<string, string>> | undefined;
}

/** Joins keys of the dimensions of a multi definition. */
export const DIMENSION_SEPARATOR = '|';
/** Between the first and the last key of a range; both belong to it. */
export const RANGE_SEPARATOR = '...';

/** Variables of a step that say of a partition what no dimension says. */
export const ENGINE_VARIABLES: ReadonlySet<string> = new Set(
  ['START', 'END', 'RANGE_START', 'RANGE_END'].map((name) => `BRANCHLINE_PARTITION_${name}`),
);

/** The variable that a dimension's key reaches steps by: `region` → `BRANCHLINE_PARTITION_REGION`. */
export function dimensionVariable(name: string): string {
  return `BRANCHLINE_PARTITION_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`;
}

/** Definitions that were read: the windows that one of them has worked out are kept with it. */
const opened = new WeakMap<PartitionsDef, Partitions>();

/** Reads a definition that `check` has found no fault with. Throws on a wrong one (a bug of ours). */
export function openPartitions(def: PartitionsDef): Partitions {
  const known = opened.get(def) ?? open(def);
  opened.set(def, known);
  return known;
}

function open(def: PartitionsDef): Partitions {
  if (def.kind !== 'multi') return openSingle(def);
  const names = Object.keys(def.dimensions).sort();
  const parts = names.map((name) => openSingle(def.dimensions[name]!));
  return {
    def,
    windows: parts.find((part) => part.windows)?.windows,
    keys: (at) => product(parts.map((part) => part.keys(at))).map((keys) => keys.join(DIMENSION_SEPARATOR)),
    split(key) {
      const keys = key.split(DIMENSION_SEPARATOR);
      if (keys.length !== names.length) return undefined;
      return Object.fromEntries(names.map((name, index) => [name, keys[index]!]));
    },
  };
}

function openSingle(def: SinglePartitions): Partitions {
  const noSplit = { split: () => undefined };
  switch (def.kind) {
    case 'time': {
      const windows = openWindows(def);
      if (!windows.ok) throw new Error(windows.error.map((problem) => problem.message).join('; '));
      return { def, ...noSplit, windows: windows.value, keys: keysOfWindows(windows.value) };
    }
    case 'static':
      return { def, ...noSplit, windows: undefined, keys: () => def.keys };
    case 'dynamic':
      return { def, ...noSplit, windows: undefined, keys: (at) => at.dynamic(def.name) };
    default:
      return unreachable(def);
  }
}

/** All keys of windows. They begin with the first window, so as many windows have the same keys, which are kept. */
function keysOfWindows(windows: Windows): (at: KeysAt) => readonly string[] {
  let kept: readonly string[] = [];
  return ({ now }) => {
    const all = windows.all(now);
    if (all.length !== kept.length || all.at(-1)?.key !== kept.at(-1)) kept = all.map(({ key }) => key);
    return kept;
  };
}

function product(lists: readonly (readonly string[])[]): string[][] {
  return lists.reduce<string[][]>((all, list) => all.flatMap((before) => list.map((key) => [...before, key])), [[]]);
}

/** Why a key of a static or dynamic definition is refused; undefined = it is fine. */
export function keyProblem(key: string, isDimension: boolean): string | undefined {
  if (key === '') return 'a partition key is empty';
  if (key.includes(RANGE_SEPARATOR)) return `the partition key \`${key}\` holds \`...\`, which writes a range`;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  if (/[\u0000-\u001f\u007f]/.test(key)) return `the partition key ${JSON.stringify(key)} holds a control character`;
  const wrong = isDimension ? /[|,[\]]/.exec(key)?.[0] : undefined;
  return wrong === undefined
    ? undefined
    : `the partition key \`${key}\` of a dimension holds \`${wrong}\`, which the keys of several dimensions are written with`;
}

/** A key or range that somebody asked for and that is not there. */
export interface KeysProblem {
  /** The part of the text that is wrong. */
  readonly text: string;
  readonly message: string;
}

/** What may be asked for instead of keys. */
const SELECTING_WORDS = ['all', 'missing', 'failed'];

/**
 * The keys that a text asks for, in the definition's order: keys and ranges `first...last` (both included), separated by
 * commas or line ends; `all`. A text that is one key as a whole, commas and all, is that key.
 */
export function selectKeys(keys: readonly string[], text: string): Result<readonly string[], readonly KeysProblem[]> {
  const place = placesIn(keys);
  const wanted = new Set<number>();
  const problems: KeysProblem[] = [];
  const whole = text.trim();
  const parts = place.has(whole) ? [whole] : whole.split(/[,\n]/).map((part) => part.trim());
  for (const part of parts.filter((each) => each !== '')) {
    const found = placesOf(keys, place, part);
    if (!found.ok) problems.push(...found.error);
    else for (let index = found.value[0]; index <= found.value[1]; index++) wanted.add(index);
  }
  if (problems.length === 0 && wanted.size === 0)
    problems.push({
      text: whole,
      message: keys.length === 0 ? 'there are no partitions yet' : 'no partition is named',
    });
  if (problems.length > 0) return fail(problems);
  return ok([...wanted].sort((a, b) => a - b).map((index) => keys[index]!));
}

/** Of lists that were asked about: many texts are read against the same list. */
const knownPlaces = new WeakMap<readonly string[], ReadonlyMap<string, number>>();

/** The place of each key in a list, which nobody changes any more. */
export function placesIn(keys: readonly string[]): ReadonlyMap<string, number> {
  const known = knownPlaces.get(keys) ?? new Map(keys.map((key, index) => [key, index]));
  knownPlaces.set(keys, known);
  return known;
}

function placesOf(
  keys: readonly string[],
  place: ReadonlyMap<string, number>,
  part: string,
): Result<readonly [number, number], readonly KeysProblem[]> {
  if (part === 'all' && !place.has('all')) return ok([0, keys.length - 1]);
  const at = place.get(part);
  if (at !== undefined) return ok([at, at]);
  const [first, last, ...more] = part.split(RANGE_SEPARATOR).map((key) => key.trim());
  if (last === undefined || more.length > 0) return fail([unknownKey(keys, part)]);
  const from = place.get(first!);
  const to = place.get(last);
  if (from === undefined || to === undefined)
    return fail([
      ...(from === undefined ? [unknownKey(keys, first!)] : []),
      ...(to === undefined ? [unknownKey(keys, last)] : []),
    ]);
  if (from > to)
    return fail([{ text: part, message: `the range \`${part}\` ends before it begins; write \`${last}...${first}\`` }]);
  return ok([from, to]);
}

function unknownKey(keys: readonly string[], text: string): KeysProblem {
  if (keys.length === 0) return { text, message: `\`${text}\` is no partition: there are none yet` };
  const dots = /^(.+?)\.\.(?!\.)(.+)$/.exec(text);
  if (dots !== null && keys.includes(dots[1]!.trim()))
    return {
      text,
      message: `\`${text}\` is no partition; a range is written with three dots: \`${dots[1]}...${dots[2]}\``,
    };
  const spelled = /^\d{4}/.test(text) ? undefined : nearestWord(text, keys);
  const near = spelled !== undefined ? [spelled] : neighbouringKeys(keys, text);
  const word = spelled === undefined ? nearestWord(text, SELECTING_WORDS) : undefined;
  if (word === text) return { text, message: `\`${text}\` stands alone, without other keys` };
  const range = keys.length === 1 ? `the only one is ${keys[0]}` : `they go from ${keys[0]} to ${keys.at(-1)}`;
  const meant = word === undefined ? `the nearest: ${near.join(', ')}` : `did you mean \`${word}\`?`;
  return { text, message: `\`${text}\` is no partition (${range}); ${meant}` };
}

/**
 * What can never be in a definition, of keys and ranges that somebody wrote down. Unlike `selectKeys` it knows no
 * instant: a key whose window is still to come is fine, and so is any key of a dynamic definition.
 */
export function impossibleKeys(partitions: Partitions, text: string): readonly KeysProblem[] {
  const { def, windows } = partitions;
  const isPossible = (key: string, of: PartitionsDef, inTime: Windows | undefined): boolean => {
    switch (of.kind) {
      case 'time':
        return inTime?.find(key) !== undefined;
      case 'static':
        return of.keys.includes(key);
      case 'dynamic':
        return keyProblem(key, false) === undefined;
      case 'multi': {
        const parts = partitions.split(key);
        return (
          parts !== undefined &&
          Object.entries(of.dimensions).every(([name, one]) => isPossible(parts[name]!, one, windows))
        );
      }
      default:
        return unreachable(of);
    }
  };
  const whole = text.trim();
  if (isPossible(whole, def, windows)) return [];
  return whole
    .split(/[,\n]/)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .flatMap((part) => {
      const ends = part.split(RANGE_SEPARATOR).map((key) => key.trim());
      const [first, last] = ends.length === 2 ? ends : [part];
      const wrong = [first!, ...(last === undefined ? [] : [last])].filter((key) => !isPossible(key, def, windows));
      if (wrong.length > 0) return wrong.map((key) => impossibleKey(partitions, windows, key));
      return last !== undefined && isReversed(def, windows, first!, last)
        ? [{ text: part, message: `the range \`${part}\` ends before it begins; write \`${last}...${first}\`` }]
        : [];
    });
}

function isReversed(def: PartitionsDef, windows: Windows | undefined, first: string, last: string): boolean {
  if (def.kind === 'time') return windows!.find(first)!.start > windows!.find(last)!.start;
  return def.kind === 'static' && def.keys.indexOf(first) > def.keys.indexOf(last);
}

function impossibleKey(partitions: Partitions, windows: Windows | undefined, text: string): KeysProblem {
  const { def } = partitions;
  if (def.kind === 'static') return unknownKey(def.keys, text);
  const word = nearestWord(text, SELECTING_WORDS);
  const meant = word === undefined ? likeOf(def, windows, text) : `did you mean \`${word}\`?`;
  const parts = def.kind === 'multi' ? partitions.split(text) : undefined;
  const wrong = Object.entries(parts ?? {}).flatMap(([name, part]) => {
    const own = openPartitions((def as MultiPartitions).dimensions[name]!);
    const [problem] = own.def.kind === 'dynamic' ? [] : impossibleKeys(own, part);
    return problem === undefined ? [] : [`${name}: ${problem.message}`];
  });
  const why = [...wrong, ...(wrong.length === 0 && meant !== '' ? [meant] : [])];
  return { text, message: [`there can be no partition \`${text}\``, ...why].join('; ') };
}

/** What a key is like that could be meant. */
function likeOf(def: PartitionsDef, windows: Windows | undefined, text: string): string {
  if (def.kind === 'multi') return `a key names ${Object.keys(def.dimensions).sort().join(' | ')}, in this order`;
  const first =
    windows?.first === undefined ? undefined : windows.overlapping(windows.first, windows.first + 1)[0]?.key;
  if (first === undefined) return '';
  const near = text < first ? [] : neighbouringWindows(windows!, text);
  return near.length === 0
    ? `the first one is \`${first}\``
    : `the nearest: ${near.map((key) => `\`${key}\``).join(', ')}`;
}

/** Keys in the definition's order as ranges: how key sets are recorded and shown. `a` alone, or `a...c`. */
export function toRanges(all: readonly string[], wanted: ReadonlySet<string>): string[] {
  const ranges: string[] = [];
  let first: string | undefined;
  let last: string | undefined;
  const flush = (): void => {
    if (first !== undefined) ranges.push(first === last ? first : `${first}${RANGE_SEPARATOR}${last}`);
    first = undefined;
  };
  for (const key of all) {
    if (!wanted.has(key)) flush();
    else {
      first ??= key;
      last = key;
    }
  }
  flush();
  return ranges;
}

/** How keys without gaps are written: one, or `first...last`; undefined = there are none. */
export function chunkText(keys: readonly string[]): string | undefined {
  if (keys.length === 0) return undefined;
  return keys.length === 1 ? keys[0] : `${keys[0]}${RANGE_SEPARATOR}${keys.at(-1)}`;
}
