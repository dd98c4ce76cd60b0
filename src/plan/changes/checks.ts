import { digestOf } from '../../base/digest.ts';
import { sortedUnique } from '../../base/order.ts';
import { unreachable } from '../../base/result.ts';
import type { ValueChange } from '../../model/changes.ts';
import type { Action, AssetKey, Bound, Check } from '../../model/project.ts';
import { formatBound } from '../../project/bounds.ts';
import { scriptFiles } from '../../project/fingerprint.ts';
import { sqlWords } from '../../project/sql-text.ts';
import { countLines } from './lines.ts';
import type { Side } from './side.ts';
import { shownValue } from './values.ts';

/** Checks of an asset that came, went, or mean something else now. A factory's check counts like one that is written out. */
export function checkChanges(key: AssetKey, base: Side, head: Side): readonly ValueChange[] {
  const before = checksOf(key, base);
  const after = checksOf(key, head);
  return sortedUnique([...before.keys(), ...after.keys()]).flatMap((name): readonly ValueChange[] => {
    const [a, b] = [before.get(name), after.get(name)];
    if (a === undefined) return [{ what: name, kind: 'added', after: phraseOf(b!) }];
    if (b === undefined) return [{ what: name, kind: 'removed', before: phraseOf(a) }];
    return changeOf(meaningOf(a, base), meaningOf(b, head), a, b);
  });
}

function checksOf(key: AssetKey, { project }: Side): ReadonlyMap<string, Check> {
  return new Map((project.assets[key]?.checks ?? []).map((check) => [check.name, check]));
}

/** Part → value. What only describes a check, or where it is written, is no part. */
type Meaning = ReadonlyMap<string, unknown>;

function meaningOf(check: Check, side: Side): Meaning {
  const { kind } = check;
  const parts = new Map<string, unknown>([
    ['severity', check.severity],
    ['blocking', check.blocking],
    ['on_error', check.onError],
    ['warn_if', boundText(check.warnIf)],
    ['error_if', boundText(check.errorIf)],
    ['where', check.where],
    ['samples', check.samples],
    ['timeout', seconds(check.timeoutMs)],
    ['env', check.env],
    ['secrets', sortedUnique(check.secrets)],
    ['connection', check.connection],
  ]);
  switch (kind.type) {
    case 'sql':
      parts.set('sql', sqlWords(kind.text)).set('value', kind.value);
      break;
    case 'run':
      addScript(parts, kind, side);
      break;
    case 'multi': {
      const multi = side.project.multiChecks[kind.multiCheck];
      parts.set('multi_checks', kind.multiCheck);
      if (multi === undefined) break;
      addScript(parts, multi, side);
      parts.set('env', multi.env).set('secrets', sortedUnique(multi.secrets)).set('timeout', seconds(multi.timeoutMs));
      break;
    }
    case 'not_null':
    case 'unique':
    case 'accepted_values':
    case 'range':
    case 'regex':
    case 'relationships':
    case 'row_count':
    case 'columns':
    case 'reported':
      // The test as a whole: columns, values, ranges.
      parts.set(kind.type, kind);
      break;
    default:
      unreachable(kind);
  }
  return parts;
}

interface Script {
  readonly run: string;
  readonly shell: string;
  readonly workingDirectory?: string;
}

/** A script counts with the files of the project that it names. */
function addScript(parts: Map<string, unknown>, script: Script, { tree, files }: Side): void {
  const { run, shell, workingDirectory } = script;
  parts.set('run', run).set('shell', shell).set('working-directory', workingDirectory);
  const action: Action = { kind: 'run', run, shell, ...(workingDirectory === undefined ? {} : { workingDirectory }) };
  for (const path of scriptFiles(action, files)) {
    const text = tree.text(path)?.replace(/\r\n/g, '\n');
    parts.set(`file:${path}`, text === undefined ? tree.digest(path) : digestOf(text));
  }
}

function changeOf(before: Meaning, after: Meaning, a: Check, b: Check): readonly ValueChange[] {
  const parts = sortedUnique([...before.keys(), ...after.keys()]).filter(
    (part) => digestOf(before.get(part) ?? null) !== digestOf(after.get(part) ?? null),
  );
  if (parts.length === 0) return [];
  const sql = parts.includes('sql') ? sqlOf(a, b) : undefined;
  const show = (meaning: Meaning): string => shownValue(parts.map((part) => partText(part, meaning)).join(', '));
  const change: ValueChange = { what: a.name, kind: 'changed', before: show(before), after: show(after) };
  return [sql === undefined ? change : { ...change, ...sql }];
}

/** How many lines of its SQL, and in which file when it has one of its own on both sides. */
function sqlOf({ kind: a }: Check, { kind: b }: Check): Pick<ValueChange, 'lines' | 'file'> | undefined {
  if (a.type !== 'sql' || b.type !== 'sql') return undefined;
  const file = a.file === b.file ? a.file : undefined;
  return { lines: countLines(a.text, b.text), ...(file === undefined ? {} : { file }) };
}

function partText(part: string, meaning: Meaning): string {
  const value = meaning.get(part);
  if (value === undefined) return `no ${part}`;
  // A digest says nothing to people.
  if (part.startsWith('file:')) return part.slice('file:'.length);
  if (part === 'sql') return 'sql';
  return `${part} ${shownValue(value)}`;
}

/** A check in a few words: `error_if > 0, blocking`. */
function phraseOf({ kind, severity, blocking, warnIf, errorIf }: Check): string {
  const type = kind.type === 'multi' ? `multi_checks ${kind.multiCheck}` : kind.type;
  const bounds = [
    ...(warnIf === undefined ? [] : [`warn_if ${formatBound(warnIf)}`]),
    ...(errorIf === undefined ? [] : [`error_if ${formatBound(errorIf)}`]),
  ];
  return [type, ...bounds, severity, ...(blocking ? ['blocking'] : [])].join(', ');
}

function boundText(bound: Bound | undefined): string | undefined {
  return bound === undefined ? undefined : formatBound(bound);
}

function seconds(ms: number | undefined): string | undefined {
  return ms === undefined ? undefined : `${ms / 1000}s`;
}
