import { sortedUnique } from '../../base/order.ts';
import type { ValueChange } from '../../model/changes.ts';
import type { Asset, AssetKey } from '../../model/project.ts';
import type { SourceTree } from '../../ports.ts';
import type { Side } from './side.ts';
import { mapChanges, textChange, valueChange } from './values.ts';

/** What makes up another code version, part by part; empty = the same. */
export function codeChanges(key: AssetKey, base: Side, head: Side): readonly ValueChange[] {
  const before = base.codeOf(key);
  const after = head.codeOf(key);
  if (before === undefined || after === undefined) {
    return valueChange('external', before === undefined, after === undefined);
  }
  if (before.version === after.version) return [];
  return sortedUnique([...Object.keys(before.parts), ...Object.keys(after.parts)])
    .filter((part) => before.parts[part] !== after.parts[part])
    .flatMap((part) => partChanges(part, { key, base, head, was: part in before.parts, is: part in after.parts }));
}

interface Part {
  readonly key: AssetKey;
  readonly base: Side;
  readonly head: Side;
  /** The part belongs to the base's code version; to the head's. */
  readonly was: boolean;
  readonly is: boolean;
}

function partChanges(part: string, { key, base, head, was, is }: Part): readonly ValueChange[] {
  if (part.startsWith('file:')) {
    const path = part.slice('file:'.length);
    return fileChanges(path, was ? base.tree : undefined, is ? head.tree : undefined);
  }
  const [before, after] = [base.stepOf(key)!, head.stepOf(key)!];
  if (part === 'env') return mapChanges(before.env, after.env, (name) => `env.${name}`);
  if (part === 'run' || part === 'sql') return textChange(part, textOf(base, key, part), textOf(head, key, part));
  return valueChange(part, partValue(base, key, part), partValue(head, key, part));
}

/** A file's lines. One that differs in nothing but line ends is none: a checkout may write them anew. */
function fileChanges(
  path: string,
  before: SourceTree | undefined,
  after: SourceTree | undefined,
): readonly ValueChange[] {
  const [from, to] = [before?.text(path), after?.text(path)];
  if (from !== undefined && to !== undefined) {
    const [a, b] = [from, to].map((text) => text.replace(/\r\n/g, '\n'));
    return textChange(path, a, b, path);
  }
  const kind = before === undefined ? 'added' : after === undefined ? 'removed' : 'changed';
  const known = (from ?? to) !== undefined;
  return known ? textChange(path, from, to, path) : [{ what: path, kind, file: path }];
}

function textOf(side: Side, key: AssetKey, part: 'run' | 'sql'): string | undefined {
  const { action } = side.stepOf(key)!;
  if (action.kind === 'run') return part === 'run' ? action.run : undefined;
  return part === 'sql' && action.file === undefined ? action.text : undefined;
}

/** `relation`, or `relation:<asset>` where one step makes several assets. */
function partValue(side: Side, key: AssetKey, part: string): unknown {
  const colon = part.indexOf(':');
  const name = colon < 0 ? part : part.slice(0, colon);
  const asset = side.project.assets[colon < 0 ? key : part.slice(colon + 1)];
  const step = side.stepOf(key)!;
  switch (name) {
    case 'shell':
      return step.action.kind === 'run' ? step.action.shell : undefined;
    case 'working-directory':
      return step.action.kind === 'run' ? (step.action.workingDirectory ?? '.') : undefined;
    case 'connection':
      return step.connection;
    case 'relation':
      return asset && relationOf(asset);
    case 'materialized':
      return asset?.materialized;
    case 'incremental':
      return asset?.incremental;
    case 'outputs':
      return asset?.outputs.map(({ path, optional }) => (optional ? `${path} (optional)` : path)).sort();
    default:
      return undefined;
  }
}

function relationOf({ relation }: Asset): string | undefined {
  if (relation === undefined) return undefined;
  return relation.schema === undefined ? relation.name : `${relation.schema}.${relation.name}`;
}
