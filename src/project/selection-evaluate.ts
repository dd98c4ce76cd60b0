import { nearestWord } from '../base/nearest.ts';
import { fail, ok, type Result, unreachable } from '../base/result.ts';
import { CHANGE_REASONS, type ChangeReason } from '../model/changes.ts';
import type { PartitionsDef } from '../model/partitions.ts';
import {
  type Asset,
  type AssetKey,
  AUTOMATION_KINDS,
  type Exposure,
  type Job,
  type Schedule,
} from '../model/project.ts';
import { sameDefinition } from '../time/partitions/mapping.ts';
import { type AssetGraph, reach } from './graph.ts';
import {
  parseSelection,
  type SelectionExpr,
  type SelectionPlace,
  type SelectionProblem,
  type SelectionValue,
} from './selection.ts';

/** Statuses of `status:` (semantics.md 9). */
export const SELECTION_STATUSES = [
  'healthy',
  'degraded',
  'warning',
  'stale',
  'missing',
  'unknown',
  'in_progress',
] as const;
export type SelectionStatus = (typeof SELECTION_STATUSES)[number];

/** What an expression is evaluated over. */
export interface SelectionScope {
  readonly assets: Readonly<Record<AssetKey, Asset>>;
  readonly graph: AssetGraph;
  readonly jobs: Readonly<Record<string, Pick<Job, 'selection'>>>;
  readonly schedules: Readonly<Record<string, Pick<Schedule, 'job' | 'selection'>>>;
  readonly exposures: Readonly<Record<string, Pick<Exposure, 'deps'>>>;
  readonly partitions: Readonly<Record<string, PartitionsDef>>;
  /** All statuses that an asset has now; undefined = no state at hand, and `status:` is refused. */
  readonly statusOf?: (key: AssetKey) => readonly SelectionStatus[];
  /** Why an asset counts as changed against a base; undefined = nothing to compare with, and `changed:` is refused. */
  readonly changedOf?: (key: AssetKey) => readonly ChangeReason[];
}

type Selected = Result<ReadonlySet<AssetKey>, SelectionProblem>;

/** Definitions that are being evaluated, outermost first: what a definition must not select again. */
type Stack = readonly string[];

/** The assets that an expression names, in the graph's order. No match is the empty set, never an error. */
export function evaluateSelection(expr: SelectionExpr, scope: SelectionScope): Selected {
  return evaluate(expr, scope, []);
}

/** Parses and evaluates. */
export function select(text: string, scope: SelectionScope): Selected {
  const parsed = parseSelection(text);
  return parsed.ok ? evaluateSelection(parsed.value, scope) : parsed;
}

function evaluate(expr: SelectionExpr, scope: SelectionScope, stack: Stack): Selected {
  switch (expr.kind) {
    case 'all':
      return ok(new Set(scope.graph.order));
    case 'or':
    case 'and':
      return combine(expr.kind, expr.terms, scope, stack);
    case 'not':
      return map(evaluate(expr.term, scope, stack), (inner) => pick(scope, (key) => !inner.has(key)));
    case 'traverse':
      return map(evaluate(expr.of, scope, stack), (inner) => traverse(inner, expr, scope));
    case 'roots':
      return map(evaluate(expr.of, scope, stack), (inner) => ends(inner, scope.graph.downstream, scope));
    case 'sinks':
      return map(evaluate(expr.of, scope, stack), (inner) => ends(inner, scope.graph.upstream, scope));
    case 'attribute':
      return byAttribute(expr, scope, stack);
    case 'tag':
      return ok(pick(scope, (_, asset) => hasTag(asset, expr)));
    default:
      return unreachable(expr);
  }
}

function map(selected: Selected, change: (keys: ReadonlySet<AssetKey>) => ReadonlySet<AssetKey>): Selected {
  return selected.ok ? ok(change(selected.value)) : selected;
}

function pick(scope: SelectionScope, test: (key: AssetKey, asset: Asset) => boolean): ReadonlySet<AssetKey> {
  return new Set(scope.graph.order.filter((key) => test(key, scope.assets[key]!)));
}

function combine(kind: 'or' | 'and', terms: readonly SelectionExpr[], scope: SelectionScope, stack: Stack): Selected {
  const sets: ReadonlySet<AssetKey>[] = [];
  for (const term of terms) {
    const selected = evaluate(term, scope, stack);
    if (!selected.ok) return selected;
    sets.push(selected.value);
  }
  if (kind === 'and') return ok(pick(scope, (key) => sets.every((set) => set.has(key))));
  const all = new Set<AssetKey>();
  for (const set of sets) for (const key of set) all.add(key);
  return ok(pick(scope, (key) => all.has(key)));
}

function traverse(
  inner: ReadonlySet<AssetKey>,
  expr: SelectionExpr & { kind: 'traverse' },
  { graph, ...rest }: SelectionScope,
): ReadonlySet<AssetKey> {
  const hops = (value: number | 'all'): number => (value === 'all' ? Number.POSITIVE_INFINITY : value);
  const up = expr.up === undefined ? undefined : reach(inner, graph.upstream, hops(expr.up));
  const down = expr.down === undefined ? undefined : reach(inner, graph.downstream, hops(expr.down));
  return pick({ graph, ...rest }, (key) => inner.has(key) || up?.has(key) === true || down?.has(key) === true);
}

/** Those of a set that cannot be reached from another member, also through assets outside of the set. */
function ends(
  inner: ReadonlySet<AssetKey>,
  away: (key: AssetKey) => readonly AssetKey[],
  scope: SelectionScope,
): ReadonlySet<AssetKey> {
  const reached = new Set<AssetKey>();
  const walk: AssetKey[] = [...inner];
  while (walk.length > 0) {
    for (const next of away(walk.pop()!)) {
      if (reached.has(next)) continue;
      reached.add(next);
      walk.push(next);
    }
  }
  return pick(scope, (key) => inner.has(key) && !reached.has(key));
}

type AttributeExpr = SelectionExpr & { kind: 'attribute' };

function byAttribute(expr: AttributeExpr, scope: SelectionScope, stack: Stack): Selected {
  const { attribute, value, at } = expr;
  switch (attribute) {
    case 'key':
      // Most are whole names, and a run may be asked for by thousands of them.
      if (value.kind === 'text' && !value.text.includes('*'))
        return ok(new Set(Object.hasOwn(scope.assets, value.text) ? [value.text] : []));
      return ok(
        pick(
          scope,
          matcher(value, (_, asset) => [asset.key]),
        ),
      );
    case 'path':
      return ok(
        pick(
          scope,
          matcher(value, (_, asset) => [asset.definedAt.file]),
        ),
      );
    case 'group':
      return ok(
        pick(
          scope,
          exactly(value, (asset) => (asset.group === undefined ? [] : [asset.group])),
        ),
      );
    case 'owner':
      return ok(
        pick(
          scope,
          exactly(value, (asset) => asset.owners),
        ),
      );
    case 'kind':
      return ok(
        pick(
          scope,
          exactly(value, (asset) => asset.kinds),
        ),
      );
    case 'column':
      return ok(
        pick(
          scope,
          exactly(value, (asset) => Object.keys(asset.columns ?? {})),
        ),
      );
    case 'status':
      return byStatus(value, at, scope);
    case 'job':
    case 'schedule':
      return byDefinition(attribute, value, at, scope, stack);
    case 'changed':
      return byChange(value, at, scope);
    case 'exposure':
      return ok(pick(scope, byExposure(value, scope)));
    case 'partitions':
      return ok(
        pick(
          scope,
          exactly(value, (asset) => partitionNames(scope, asset)),
        ),
      );
    case 'automation':
      return byAutomation(value, at, scope);
    default:
      return unreachable(attribute);
  }
}

/** Names that an asset's partitions go by: of the shared definition, and their kind; none without partitions. */
export function partitionNames(
  { partitions }: Pick<SelectionScope, 'partitions'>,
  { partitions: def }: Asset,
): readonly string[] {
  if (def === undefined) return [];
  const names = Object.keys(partitions).filter((name) => sameDefinition(partitions[name], def));
  return [...names, ...(def.kind === 'dynamic' && !names.includes(def.name) ? [def.name] : [])];
}

function refuse(
  at: SelectionPlace,
  message: string,
  help?: string,
): { readonly ok: false; readonly error: SelectionProblem } {
  return fail({ message, ...(help === undefined ? {} : { help }), column: at.column, length: at.length });
}

function exactly(
  value: SelectionValue,
  of: (asset: Asset) => readonly string[],
): (key: AssetKey, asset: Asset) => boolean {
  return value.kind === 'null' ? (_, asset) => of(asset).length === 0 : (_, asset) => of(asset).includes(value.text);
}

function matcher(
  value: SelectionValue,
  of: (key: AssetKey, asset: Asset) => readonly string[],
): (key: AssetKey, asset: Asset) => boolean {
  if (value.kind === 'null') return () => false;
  const matches = wildcard(value.text);
  return (key, asset) => of(key, asset).some(matches);
}

/** A test against a text in which `*` stands for any characters, `/` among them. Linear: no backtracking over stars. */
function wildcard(pattern: string): (text: string) => boolean {
  const [head, ...rest] = pattern.split('*') as [string, ...string[]];
  const tail = rest.pop();
  if (tail === undefined) return (text) => text === head;
  return (text) => {
    if (!text.startsWith(head) || !text.endsWith(tail) || text.length < head.length + tail.length) return false;
    let at = head.length;
    for (const piece of rest) {
      const found = text.indexOf(piece, at);
      if (found < 0) return false;
      at = found + piece.length;
    }
    return at <= text.length - tail.length;
  };
}

function hasTag(asset: Asset, expr: SelectionExpr & { kind: 'tag' }): boolean {
  if (expr.name.kind === 'null') return Object.keys(asset.tags).length === 0;
  const value = Object.hasOwn(asset.tags, expr.name.text) ? asset.tags[expr.name.text] : undefined;
  return value !== undefined && (expr.value === undefined || expr.value === value);
}

function byStatus(value: SelectionValue, at: SelectionPlace, scope: SelectionScope): Selected {
  const status = value.kind === 'text' ? SELECTION_STATUSES.find((candidate) => candidate === value.text) : undefined;
  if (status === undefined) {
    const near = value.kind === 'text' ? nearestWord(value.text, SELECTION_STATUSES) : undefined;
    if (value.kind === 'text' && /^(fail|error)/i.test(value.text))
      return refuse(
        at,
        'there is no such status',
        'an asset that failed is `status:degraded`; of one with partitions `--partitions failed` names those that failed',
      );
    return refuse(
      at,
      'there is no such status',
      near === undefined ? `there are ${SELECTION_STATUSES.join(', ')}` : `did you mean \`status:${near}\`?`,
    );
  }
  if (scope.statusOf === undefined) return refuse(at, '`status:` needs the recorded state, which is not read here');
  const { statusOf } = scope;
  return ok(pick(scope, (key) => statusOf(key).includes(status)));
}

/** What an exposure reads itself; `<null>`: what none reads itself. */
function byExposure(value: SelectionValue, { exposures }: SelectionScope): (key: AssetKey) => boolean {
  if (value.kind === 'null') {
    const read = new Set(Object.values(exposures).flatMap(({ deps }) => deps));
    return (key) => !read.has(key);
  }
  const deps = Object.hasOwn(exposures, value.text) ? exposures[value.text]!.deps : [];
  return (key) => deps.includes(key);
}

/** `<null>`: assets that nothing but people, jobs and schedules ask for. */
function byAutomation(value: SelectionValue, at: SelectionPlace, scope: SelectionScope): Selected {
  if (value.kind === 'null') return ok(pick(scope, (_, asset) => asset.automation === undefined));
  const kind = AUTOMATION_KINDS.find((candidate) => candidate === value.text);
  if (kind !== undefined) return ok(pick(scope, (_, asset) => asset.automation?.kind === kind));
  const near = nearestWord(value.text, AUTOMATION_KINDS);
  return refuse(
    at,
    'there is no such automation',
    near === undefined ? `there are ${AUTOMATION_KINDS.join(', ')}` : `did you mean \`automation:${near}\`?`,
  );
}

function byChange(value: SelectionValue, at: SelectionPlace, scope: SelectionScope): Selected {
  const known = ['any', ...CHANGE_REASONS] as const;
  const reason = value.kind === 'text' ? known.find((candidate) => candidate === value.text) : undefined;
  if (reason === undefined) {
    const near = value.kind === 'text' ? nearestWord(value.text, known) : undefined;
    return refuse(
      at,
      'there is no such change',
      near === undefined ? `there are ${known.join(', ')}` : `did you mean \`changed:${near}\`?`,
    );
  }
  const { changedOf } = scope;
  if (changedOf === undefined) {
    return refuse(
      at,
      '`changed:` needs a base to compare with, and there is none here',
      '`branchline changes` compares with the merge base',
    );
  }
  return ok(pick(scope, (key) => (reason === 'any' ? changedOf(key).length > 0 : changedOf(key).includes(reason))));
}

function byDefinition(
  kind: 'job' | 'schedule',
  value: SelectionValue,
  at: SelectionPlace,
  scope: SelectionScope,
  stack: Stack,
): Selected {
  const name = value.kind === 'text' ? value.text : undefined;
  if (name === undefined) return outsideOfDefinitions(kind, at, scope, stack);
  const own = kind === 'job' ? scope.jobs : scope.schedules;
  if (!Object.hasOwn(own, name)) return ok(new Set<AssetKey>());
  const label = `${kind}:${name}`;
  if (stack.includes(label)) {
    return refuse(
      at,
      `this selects itself: ${[...stack.slice(stack.indexOf(label)), label].join(' → ')}`,
      'name the assets in one of them',
    );
  }
  const schedule = kind === 'schedule' ? scope.schedules[name]! : undefined;
  if (schedule?.job !== undefined) {
    return byDefinition('job', { kind: 'text', text: schedule.job }, at, scope, [...stack, label]);
  }
  const parsed = parseSelection((kind === 'job' ? scope.jobs[name]!.selection : schedule?.selection) ?? '');
  const selected = parsed.ok ? evaluate(parsed.value, scope, [...stack, label]) : parsed;
  // A place inside of the other definition's text means nothing in this one.
  return selected.ok ? selected : refuse(at, selected.error.message, selected.error.help);
}

/** `job:<null>`: assets that no job selects. */
function outsideOfDefinitions(
  kind: 'job' | 'schedule',
  at: SelectionPlace,
  scope: SelectionScope,
  stack: Stack,
): Selected {
  if (stack.length > 0)
    return refuse(
      at,
      `\`${kind}:<null>\` asks every ${kind}, and cannot stand in what a ${stack[0]!.split(':')[0]} selects`,
    );
  const taken = new Set<AssetKey>();
  for (const name of Object.keys(kind === 'job' ? scope.jobs : scope.schedules)) {
    const selected = byDefinition(kind, { kind: 'text', text: name }, at, scope, stack);
    if (!selected.ok) return selected;
    for (const key of selected.value) taken.add(key);
  }
  return ok(pick(scope, (key) => !taken.has(key)));
}
