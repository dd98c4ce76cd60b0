import type { Json } from '../base/json.ts';
import { byText } from '../base/order.ts';
import { unreachable } from '../base/result.ts';
import type { WrittenCheck } from '../manifest/generated/written.ts';
import type { AssetKey, Bound, Check, CheckKind } from '../model/project.ts';
import { isKnownAsset } from './asset-deps.ts';
import { checkConnection } from './asset-table.ts';
import { parseBound } from './bounds.ts';
import type { Scalar } from './expressions.ts';
import { below, definedAt, keyOf, type Place, spanOf } from './findings.ts';
import { checkDefaults } from './layers.ts';
import { hasReadableData, verifyRefs, whyUnreadable } from './relations.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { hintAtMissingScript, resolveFolder } from './resolve-steps.ts';
import {
  checkScript,
  checkSqlText,
  type Resolving,
  reportInSql,
  resolveDuration,
  resolveEnv,
  resolveSql,
} from './resolving.ts';
import { resolveSecrets } from './secrets.ts';
import { hintAtSlippedKeys } from './slipped-keys.ts';
import { compileSqlTemplate } from './sql-template.ts';
import { substituteNames } from './template.ts';
import { reportIgnoredBound, verifyCheckKeys } from './verify-keys.ts';

/** One check as written, for one asset. */
export interface CheckOrder {
  readonly name: string;
  readonly draft: AssetDraft;
  readonly written: WrittenCheck;
  readonly place: Place;
  readonly factory?: string;
  /** Values of a factory's `for_each`. */
  readonly names?: Readonly<Record<string, Scalar>>;
}

/** A check of an asset, with its defaults. Reports what is wrong; undefined when it cannot be judged at all. */
export function resolveCheck(
  order: CheckOrder,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): Check | undefined {
  const { name, draft, written, place } = order;
  const defaults = checkDefaults(draft.layers);
  const severity = written.severity ?? defaults.severity ?? 'error';
  const kind = resolveKind(order, drafts, resolving);
  const warnIf = resolveBound(written.warn_if, below(place, 'warn_if'), written, resolving);
  const errorIf = resolveBound(written.error_if, below(place, 'error_if'), written, resolving);
  if (severity === 'warn' && errorIf !== undefined) reportIgnoredBound(written, place, resolving.findings);
  const timeoutMs = resolveDuration(written.timeout, below(place, 'timeout'), resolving);
  const env = Object.entries(written.env ?? {}).map(
    ([key, value]) => [key, { value, place: below(place, 'env', key) }] as const,
  );
  const listed = written.secrets && { value: written.secrets, place: below(place, 'secrets') };
  const isConnected =
    written.connection !== undefined && checkConnection(written.connection, below(place, 'connection'), resolving);
  if (kind === undefined) return undefined;
  verifyCheckKeys(written, kind.type, place, resolving.findings);
  return {
    asset: draft.asset.key,
    name,
    ...(written.description === undefined ? {} : { description: written.description }),
    severity,
    blocking: written.blocking ?? defaults.blocking ?? false,
    onError: written.on_error ?? 'error',
    ...(warnIf ? { warnIf } : {}),
    ...(errorIf ? { errorIf } : {}),
    ...(written.where === undefined ? {} : { where: written.where }),
    samples: written.samples ?? 0,
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    env: resolveEnv(env, resolving),
    secrets: resolveSecrets(
      listed,
      env.map(([, entry]) => entry),
      resolving,
    ),
    ...(isConnected ? { connection: written.connection } : {}),
    kind,
    ...(order.factory === undefined ? {} : { factory: order.factory }),
    definedAt: definedAt(place),
  };
}

function resolveBound(
  text: string | undefined,
  at: Place,
  written: WrittenCheck,
  { findings }: Resolving,
): Bound | undefined {
  if (text === undefined) return undefined;
  const parsed = parseBound(text);
  if (!parsed.ok) {
    findings.inText('bad-bound', at, text, parsed.error);
    return undefined;
  }
  const { percent } = parsed.value;
  // Of what, nobody could say: a statement of the user's own, a script or a count has no rows checked.
  const kind =
    written.sql !== undefined
      ? 'sql'
      : written.run !== undefined
        ? 'run'
        : written.row_count !== undefined
          ? 'row_count'
          : undefined;
  if (percent && kind !== undefined) {
    findings.error('percent', at, `\`%\` has no meaning for \`${kind}\`: how many rows were checked is not known`, {
      help: 'use a plain number',
    });
    return undefined;
  }
  return parsed.value;
}

const KINDS = [
  'not_null',
  'unique',
  'accepted_values',
  'range',
  'regex',
  'relationships',
  'row_count',
  'columns',
  'sql',
  'run',
  'reported',
] as const;

function resolveKind(
  order: CheckOrder,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): CheckKind | undefined {
  const { written, place, draft } = order;
  const type = KINDS.find((candidate) => written[candidate] !== undefined);
  if (type === undefined) return undefined;
  if (type !== 'sql' && type !== 'run' && type !== 'reported' && !needData(order, type, resolving)) return undefined;
  switch (type) {
    case 'not_null':
    case 'unique':
      return { type, columns: written[type] ?? [] };
    case 'accepted_values':
      return { type, values: (written.accepted_values ?? {}) as Readonly<Record<string, readonly Json[]>> };
    case 'range':
      verifyRanges(order, resolving);
      return { type, ranges: written.range ?? {} };
    case 'regex':
      return { type, patterns: written.regex ?? {} };
    case 'relationships':
      return resolveRelationships(order, drafts, resolving);
    case 'row_count':
      return { type };
    case 'columns':
      return {
        type,
        columns: Object.fromEntries(
          Object.entries(written.columns ?? {}).map(([column, text]) => [column, { type: text }]),
        ),
      };
    case 'sql':
      return resolveSqlCheck(order, drafts, resolving);
    case 'run':
      return resolveRunCheck(written, place, resolving);
    case 'reported':
      if (draft.sql === undefined && !draft.asset.external) return { type };
      resolving.findings.error(
        'nobody-reports',
        keyOf(below(place, 'reported')),
        `no step can report this check: \`${draft.asset.key}\` is ${draft.asset.external ? 'external' : 'made by SQL'}`,
        {
          help: 'write what to check, with `sql:` or `run:`',
        },
      );
      return undefined;
    default:
      return unreachable(type);
  }
}

/** Reports a range that no value is inside of. */
function verifyRanges({ written, place }: CheckOrder, { findings }: Resolving): void {
  for (const [column, { min, max }] of Object.entries(written.range ?? {})) {
    if (min === undefined || max === undefined || !isAbove(min, max)) continue;
    findings.error('bad-bound', below(place, 'range', column), `nothing is between ${min} and ${max}`, {
      help: `write the smaller one as \`min\`: \`{ min: ${max}, max: ${min} }\``,
    });
  }
}

/** Whether both are of one kind that has an order here: numbers, or dates and instants as ISO 8601 writes them. */
function isAbove(a: number | string, b: number | string): boolean {
  if (typeof a === 'number' && typeof b === 'number') return a > b;
  const isDated = [a, b].every((one) => /^\d{4}-\d{2}-\d{2}/.test(String(one)));
  return isDated && String(a) > String(b);
}

function needData({ draft, place }: CheckOrder, type: string, { findings }: Resolving): boolean {
  const { asset } = draft;
  if (hasReadableData(asset) || draft.isDataUnknown) return true;
  const why =
    asset.outputs.length > 1
      ? 'it has several outputs'
      : asset.outputs.length === 1
        ? 'its output is no CSV, Parquet or JSON file'
        : asset.connection !== undefined
          ? 'it is `materialized: none`'
          : 'it has no connection and no outputs';
  findings.error(
    'check-without-data',
    keyOf(below(place, type)),
    `\`${type}\` cannot look into \`${asset.key}\`: ${why}`,
    {
      help: 'a check reads the table of its asset, or its single CSV, Parquet or JSON output; or write it with `run:`',
    },
  );
  return false;
}

function resolveRelationships(
  { draft, written, place }: CheckOrder,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): CheckKind | undefined {
  const { column, to, field } = written.relationships!;
  const at = below(place, 'relationships', 'to');
  if (!isKnownAsset(to, () => spanOf(at), resolving)) return undefined;
  const target = drafts.get(to);
  const connection = draft.asset.connection;
  const why =
    connection === undefined
      ? fileReason(to, target?.asset)
      : target && whyUnreadable(to, target.asset, connection, resolving.connections);
  const isUnknown = resolving.broken.anyKey || draft.isDataUnknown || target?.isDataUnknown === true;
  if (why !== undefined && !isUnknown) resolving.findings.error('ref-not-readable', at, why);
  return { type: 'relationships', column, to, field };
}

/** A check of a file is read by an engine of its own, which sees files only. */
function fileReason(to: AssetKey, target: AssetDraft['asset'] | undefined): string | undefined {
  if (target === undefined || (target.connection === undefined && hasReadableData(target))) return undefined;
  return `\`${to}\` is not a CSV, Parquet or JSON file, and this check compares files`;
}

function resolveSqlCheck(
  order: CheckOrder,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): CheckKind | undefined {
  const { written, place, draft } = order;
  const source = resolveSql(written.sql ?? '', below(place, 'sql'), resolving);
  if (source === undefined || !checkSqlText(source, resolving)) return undefined;
  const names = order.names ?? {};
  const compiled = compileSqlTemplate(source.text, { names: Object.keys(names) });
  if (!compiled.ok) {
    reportInSql('bad-expression', source, compiled.error, resolving);
    return undefined;
  }
  const { parts } = compiled.value;
  for (const part of parts) {
    if (part.kind === 'ref')
      isKnownAsset(part.asset, () => source.spanAt({ offset: part.keyOffset, length: part.asset.length }), resolving);
  }
  const connection = written.connection ?? draft.asset.connection;
  if (connection === undefined && !needData(order, 'sql', resolving)) return undefined;
  verifyRefs({ source, parts, connection, own: draft }, drafts, resolving);
  return {
    type: 'sql',
    text: substituteNames(source.text, names, { sql: true }),
    ...(source.file === undefined ? {} : { file: source.file }),
    startsAt: source.startsAt,
    value: written.value === true,
  };
}

function resolveRunCheck(written: WrittenCheck, place: Place, resolving: Resolving): CheckKind {
  const run = written.run ?? '';
  checkScript(run, below(place, 'run'), resolving);
  hintAtSlippedKeys(run, below(place, 'run'), written.shell ?? 'bash', resolving);
  const folder = written['working-directory'];
  const workingDirectory =
    folder === undefined ? undefined : resolveFolder(folder, below(place, 'working-directory'), resolving);
  if (workingDirectory === undefined) hintAtMissingScript(run, below(place, 'run'), resolving);
  return { type: 'run', run, shell: written.shell ?? 'bash', ...(workingDirectory ? { workingDirectory } : {}) };
}

/** The contract of an asset's columns as a check, unless it has a check of that name or nobody can look into it. */
export function contractCheck(draft: AssetDraft): Check | undefined {
  const { asset, layers } = draft;
  const columns = Object.entries(asset.columns ?? {}).sort(([a], [b]) => byText(a, b));
  if (columns.length === 0 || asset.external || !hasReadableData(asset) || Object.hasOwn(draft.checks, 'columns'))
    return undefined;
  const defaults = checkDefaults(layers);
  const expected = columns.map(([name, { type, nullable }]) => [
    name,
    { ...(type === undefined ? {} : { type }), ...(nullable === undefined ? {} : { nullable }) },
  ]);
  return {
    asset: asset.key,
    name: 'columns',
    severity: defaults.severity ?? 'error',
    blocking: defaults.blocking ?? false,
    onError: 'error',
    samples: 0,
    env: {},
    secrets: [],
    kind: { type: 'columns', columns: Object.fromEntries(expected) },
    definedAt: definedAt(below(draft.place, 'columns')),
  };
}
