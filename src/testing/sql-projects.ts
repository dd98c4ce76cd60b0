import { rowsOf } from '../app/partition-rows.ts';
import type { SqlMaterializationInput } from '../app/sql-attempt.ts';
import type { SqlCheck } from '../app/sql-judge.ts';
import type { Json } from '../base/json.ts';
import type { Check, CheckKind } from '../model/project.ts';
import type { SqlPart, SqlTemplate } from '../sql/render.ts';
import { openPartitions } from '../time/partitions/keys.ts';

const SPAN = { file: 'pipelines/a.yaml', line: 1, column: 1, length: 1 };

/** A check with defaults: severity error, not blocking, no bounds. */
export function checkOf(kind: CheckKind, overrides: Partial<Check> = {}): Check {
  return {
    asset: 'marts/a',
    name: kind.type,
    severity: 'error',
    blocking: false,
    onError: 'error',
    samples: 0,
    env: {},
    secrets: [],
    kind,
    definedAt: SPAN,
    ...overrides,
  };
}

type Evaluate = (expression: string) => Json;

/** A check whose SQL is cut by `templateOf`. */
export function sqlCheckOf(
  text: string,
  overrides: Partial<Check> & { readonly value?: boolean; readonly evaluate?: Evaluate } = {},
): SqlCheck {
  const { value = false, evaluate, ...rest } = overrides;
  return {
    check: checkOf({ type: 'sql', text, startsAt: SPAN, value }, rest),
    template: templateOf(text, evaluate),
  };
}

/** Cuts SQL at `${{ … }}`: `ref('x')`, `this`, anything else is a value. For tests; the project's room does it for users. */
export function templateOf(source: string, evaluate: Evaluate = () => null): SqlTemplate {
  const parts: SqlPart[] = [];
  let at = 0;
  for (const match of source.matchAll(/\$\{\{\s*(.*?)\s*\}\}/g)) {
    if (match.index > at) parts.push({ kind: 'text', text: source.slice(at, match.index) });
    const offset = match.index;
    const ref = /^ref\('(.*)'\)$/.exec(match[1]!);
    if (ref) parts.push({ kind: 'ref', asset: ref[1]!, offset });
    else if (match[1] === 'this') parts.push({ kind: 'this', offset });
    else parts.push({ kind: 'bind', value: evaluate(match[1]!), offset });
    at = offset + match[0].length;
  }
  if (at < source.length) parts.push({ kind: 'text', text: source.slice(at) });
  return { source, parts };
}

/** The input of a materialization of `marts/a` as a table, to be changed in parts. */
export function sqlAsset(
  sql: string,
  overrides: Partial<SqlMaterializationInput> & { readonly value?: Evaluate } = {},
): SqlMaterializationInput {
  const { value, ...rest } = overrides;
  return {
    asset: 'marts/a',
    environment: 'production',
    relation: { schema: 'marts', name: 'a' },
    materialized: 'table',
    publish: 'audit',
    origin: { template: templateOf(sql, value), startsAt: { ...SPAN, file: 'pipelines/a.sql' } },
    checks: [],
    source: () => undefined,
    materialization: 'run1.1/marts/a',
    codeVersion: 'c1',
    upstream: {},
    clock: { now: () => Date.UTC(2026, 10, 22, 9, 23), sleep: async () => undefined },
    ...rest,
  };
}

/** The partitions of `marts/a` by day that a materialization makes, as the engine hands them in. */
export function cutByDay(
  keys: readonly string[],
  run: string,
  { timezone = 'UTC', expr = 'day' }: { readonly timezone?: string; readonly expr?: string } = {},
): NonNullable<SqlMaterializationInput['partition']> {
  const days = openPartitions({
    kind: 'time',
    cron: '0 0 * * *',
    timezone,
    start: '2026-01-01',
    format: '%Y-%m-%d',
    endOffset: 0,
  });
  return {
    rowsOf: (some, zoned) => rowsOf({ partitionExpr: expr }, days, some, zoned)!,
    partitions: keys.map((key) => ({ key, materialization: `${run}.1/marts/a@${key}` })),
  };
}
