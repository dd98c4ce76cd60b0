import type { SqlMaterializationInput } from '../app/materialize-sql.ts';
import type { SqlCheck } from '../app/sql-judge.ts';
import type { Check, CheckKind } from '../model/project.ts';
import type { SqlPart, SqlTemplate } from '../sql/render.ts';

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

/** A check whose SQL is compiled by `templateOf`. */
export function sqlCheckOf(text: string, overrides: Partial<Check> & { readonly value?: boolean } = {}): SqlCheck {
  const { value = false, ...rest } = overrides;
  return { check: checkOf({ type: 'sql', text, startsAt: SPAN, value }, rest), template: templateOf(text) };
}

/** Cuts SQL at `${{ … }}`: `ref('x')`, `this`, anything else is a value. For tests; the project's room does it for users. */
export function templateOf(source: string): SqlTemplate {
  const parts: SqlPart[] = [];
  let at = 0;
  for (const match of source.matchAll(/\$\{\{\s*(.*?)\s*\}\}/g)) {
    parts.push({ kind: 'text', text: source.slice(at, match.index), offset: at });
    const place = { offset: match.index, length: match[0].length };
    const ref = /^ref\('(.*)'\)$/.exec(match[1]!);
    if (ref) parts.push({ kind: 'ref', asset: ref[1]!, ...place });
    else
      parts.push(match[1] === 'this' ? { kind: 'this', ...place } : { kind: 'bind', expression: match[1]!, ...place });
    at = match.index + match[0].length;
  }
  parts.push({ kind: 'text', text: source.slice(at), offset: at });
  return { source, parts };
}

/** The input of a materialization of `marts/a` as a table, to be changed in parts. */
export function sqlAsset(sql: string, overrides: Partial<SqlMaterializationInput> = {}): SqlMaterializationInput {
  return {
    asset: 'marts/a',
    environment: 'production',
    relation: { schema: 'marts', name: 'a' },
    materialized: 'table',
    publish: 'audit',
    origin: { template: templateOf(sql), startsAt: { ...SPAN, file: 'pipelines/a.sql' } },
    checks: [],
    source: () => undefined,
    value: () => null,
    materialization: 'run1.1/marts/a',
    codeVersion: 'c1',
    upstream: {},
    clock: { now: () => Date.UTC(2026, 10, 22, 9, 23), sleep: async () => undefined },
    ...overrides,
  };
}
