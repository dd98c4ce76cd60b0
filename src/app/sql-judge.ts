import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { isHolding, judge, type Verdict } from '../checks/judge.ts';
import { type CheckQuery, checkSql } from '../checks/query.ts';
import { observe } from '../checks/read-query.ts';
import { keyColumns, sampleRows, samplesSql } from '../checks/samples.ts';
import type { CheckJudged } from '../model/events.ts';
import type { AssetKey, Check } from '../model/project.ts';
import type { Clock, SqlFailure, SqlSession } from '../ports.ts';
import { placeInFile } from '../sql/place.ts';
import { type RenderedSql, renderSql, type SqlTemplate } from '../sql/render.ts';
import { placeOfFailure } from './sql-failure.ts';
import { type OpenSources, openSources, type SqlSource } from './sql-sources.ts';

/** A check with what the project's room made of its SQL. */
export interface SqlCheck {
  readonly check: Check;
  /** Its own select, cut at its expressions, values evaluated: for checks of kind `sql`. */
  readonly template?: SqlTemplate;
  /** Why its SQL cannot be asked: a value that it names is not set, or a table that it looks into is gone. */
  readonly problem?: string;
}

/** What an event `check.judged` says of a result. */
export type CheckResult = Pick<
  CheckJudged,
  | 'asset'
  | 'check'
  | 'status'
  | 'severity'
  | 'blocking'
  | 'stage'
  | 'materialization'
  | 'value'
  | 'of'
  | 'message'
  | 'metadata'
  | 'samples'
  | 'durationMs'
>;

export interface JudgeInput {
  /** What is judged, quoted: the audit copy, or what is published; undefined for an asset without relation. */
  readonly subject: string | undefined;
  /** Why there is none, when there should be one. */
  readonly problem?: string;
  readonly stage: CheckJudged['stage'];
  readonly materialization?: string;
  readonly checks: readonly SqlCheck[];
  readonly source: (asset: AssetKey) => SqlSource | undefined;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
}

export interface JudgeOutcome {
  /** In the order of the checks as declared. */
  readonly results: readonly CheckResult[];
  /** Names of blocking checks that did not pass, or could not be judged. */
  readonly holding: readonly string[];
}

/** Judges all checks that SQL can judge, blocking ones first. One that cannot be judged is ERRORED; none stops another. */
export async function judgeSqlChecks(session: SqlSession, input: JudgeInput): Promise<JudgeOutcome> {
  const results = new Map<string, CheckResult>();
  const holding: string[] = [];
  const keys = keyColumns(input.checks.map(({ check }) => check));
  const ordered = [...input.checks].sort((a, b) => Number(b.check.blocking) - Number(a.check.blocking));
  for (const sqlCheck of ordered) {
    const { check } = sqlCheck;
    const startedAt = input.clock.now();
    const measured = await measure(session, sqlCheck, keys, input);
    if (!measured) continue;
    const { verdict, samples } = measured;
    results.set(check.name, {
      ...resultOf(check, verdict, input),
      ...(samples ? { samples } : {}),
      durationMs: input.clock.now() - startedAt,
    });
    if (isHolding(check, verdict)) holding.push(check.name);
  }
  return { results: input.checks.flatMap(({ check }) => results.get(check.name) ?? []), holding };
}

function resultOf(check: Check, verdict: Verdict, input: JudgeInput): Omit<CheckResult, 'durationMs'> {
  return {
    asset: check.asset,
    check: check.name,
    status: verdict.status,
    severity: verdict.severity,
    blocking: check.blocking,
    stage: input.stage,
    ...(input.materialization === undefined ? {} : { materialization: input.materialization }),
    ...(verdict.value === undefined ? {} : { value: verdict.value }),
    ...(verdict.of === undefined ? {} : { of: verdict.of }),
    message: verdict.message,
    metadata: {},
  };
}

interface Measured {
  readonly verdict: Verdict;
  readonly samples?: readonly Json[];
}

function raised(check: Check, message: string): Measured {
  return { verdict: judge(check, { kind: 'raised', message }) };
}

/** Undefined for a check that is not SQL's to judge. */
async function measure(
  session: SqlSession,
  sqlCheck: SqlCheck,
  keys: readonly string[],
  input: JudgeInput,
): Promise<Measured | undefined> {
  const { check, template, problem } = sqlCheck;
  if (problem !== undefined) return raised(check, problem);
  const needed = new Set<AssetKey>(template?.parts.flatMap((part) => (part.kind === 'ref' ? [part.asset] : [])) ?? []);
  if (check.kind.type === 'relationships') needed.add(check.kind.to);
  const sources = await openSources(session, needed, input.source, { scope: 'check' });
  if (!sources.ok) return raised(check, sources.error.message);
  try {
    const prepared = await prepareQuery(session, sqlCheck, keys, input, sources.value);
    if (prepared === undefined) return undefined;
    return prepared.ok ? await ask(session, check, prepared.value, input) : raised(check, prepared.error);
  } finally {
    await sources.value.close();
  }
}

interface PreparedQuery {
  readonly query: CheckQuery;
  readonly rendered?: RenderedSql;
  readonly template?: SqlTemplate;
  /** Where the user's select stands in the rendered text. */
  readonly offset: number;
}

async function prepareQuery(
  session: SqlSession,
  { check, template }: SqlCheck,
  keys: readonly string[],
  input: JudgeInput,
  sources: OpenSources,
): Promise<Result<PreparedQuery, string> | undefined> {
  const options = { dialect: session.dialect, keyColumns: keys };
  if (check.kind.type === 'sql') {
    if (!template) return fail('its SQL was not compiled');
    if (input.problem !== undefined) return fail(input.problem);
    const rendered = renderSql(template, { ref: sources.name, self: input.subject });
    if (!rendered.ok) return fail(`${at(check, rendered.error)}${rendered.error.message}`);
    const split = await session.split(rendered.value.sql);
    if (!split.ok) return fail(split.error.message);
    const [statement, ...more] = split.value;
    if (!statement?.isSelect || more.length > 0) return fail('the SQL of a check is one select');
    const query = checkSql(check, { ...options, relation: input.subject ?? '', select: statement.text });
    return query ? ok({ query, rendered: rendered.value, template, offset: statement.offset }) : undefined;
  }
  const to = check.kind.type === 'relationships' ? sources.name(check.kind.to) : undefined;
  if (check.kind.type === 'relationships' && to === undefined)
    return fail(`${check.kind.to} has no relation that this connection can read`);
  const query = checkSql(check, { ...options, relation: input.subject ?? '', ...(to === undefined ? {} : { to }) });
  if (!query) return undefined;
  return input.subject === undefined
    ? fail(input.problem ?? 'the asset has no relation to ask')
    : ok({ query, offset: 0 });
}

function at(check: Check, place: { readonly line: number; readonly column: number }): string {
  if (check.kind.type !== 'sql') return '';
  const { startsAt } = check.kind;
  const { line, column } = placeInFile(place, startsAt);
  return `${startsAt.file}:${line}:${column}: `;
}

async function ask(session: SqlSession, check: Check, prepared: PreparedQuery, input: JudgeInput): Promise<Measured> {
  const { query, rendered } = prepared;
  const options = {
    ...(input.signal ? { signal: input.signal } : {}),
    ...(check.timeoutMs === undefined ? {} : { timeoutMs: check.timeoutMs }),
  };
  const binds = rendered?.binds ?? {};
  const answer = await session.query(query.sql, binds, {
    ...options,
    ...(query.kind === 'value' ? { maxRows: 2 } : {}),
  });
  if (!answer.ok) return raised(check, raisedMessage(check, answer.error, prepared));
  const nulls = query.kind === 'columns' ? await nullCounts(session, query, answer.value.rows, options) : ok([]);
  if (!nulls.ok) return raised(check, nulls.error.message);
  const verdict = judge(check, observe(check, query, answer.value.rows, nulls.value));
  const asking = verdict.status === 'FAILED' ? samplesSql(query) : undefined;
  if (asking === undefined) return { verdict };
  const failing = await session.query(asking, binds, options);
  // A verdict without samples is better than none: rows that cannot be sorted (JSON in Postgres) have no sample.
  return failing.ok
    ? { verdict, samples: sampleRows(failing.value.columns, failing.value.rows, check.samples) }
    : { verdict };
}

/** A column that is missing cannot be counted; that it is missing is the difference then. */
async function nullCounts(
  session: SqlSession,
  query: Extract<CheckQuery, { readonly kind: 'columns' }>,
  found: readonly (readonly Json[])[],
  options: Parameters<SqlSession['query']>[2],
): Promise<Result<readonly (readonly Json[])[], SqlFailure>> {
  const names = new Set(found.map(([name]) => name));
  if (query.nullsSql === undefined || query.notNull.some((name) => !names.has(name))) return ok([]);
  const counted = await session.query(query.nullsSql, {}, options);
  return counted.ok ? ok(counted.value.rows) : counted;
}

function raisedMessage(
  check: Check,
  failure: SqlFailure,
  { query, rendered, template, offset }: PreparedQuery,
): string {
  if (!rendered || !template) return failure.message;
  const prefix = query.kind === 'failing-rows' ? query.prefix : 0;
  const place = placeOfFailure(failure, { sql: query.sql, prefix, offset }, rendered, template);
  return place ? `${at(check, place)}${failure.message}` : failure.message;
}
