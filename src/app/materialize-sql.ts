import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import type { Relation } from '../model/project.ts';
import type { SqlSession } from '../ports.ts';
import { buildStatement } from '../sql/publish.ts';
import { quoteRelation } from '../sql/quote.ts';
import { auditRelation, nameProblem } from '../sql/relation.ts';
import { type RenderedSql, renderSql } from '../sql/render.ts';
import { auditPartitions } from './audit-partitions.ts';
import {
  type Attempt,
  failed,
  judging,
  located,
  notPublished,
  type SqlMaterialization,
  type SqlMaterializationInput,
  send,
  stampOf,
  stopReason,
  versionSource,
} from './sql-attempt.ts';
import { attemptFailure, failureWithExcerpt, type SentStatement } from './sql-failure.ts';
import { judgeSqlChecks } from './sql-judge.ts';
import {
  buildInTransaction,
  dropCopy,
  ensureSchema,
  ensureStamps,
  publishCopy,
  writeStampOnly,
} from './sql-publish.ts';
import { type OpenSources, openSources } from './sql-sources.ts';

/**
 * Write–audit–publish: earlier statements run, the last select is built beside the asset, checks judge that copy, and
 * one transaction gives it the asset's name together with the stamp. Whatever fails, or ends the process, before that
 * transaction commits leaves the old data; a stray copy is dropped by the next attempt. Earlier statements take effect
 * at once: they are the user's own. Where nothing must judge first, DuckDB builds inside of the transaction, without a
 * copy; checks then judge what was published.
 */
export async function materializeSql(session: SqlSession, input: SqlMaterializationInput): Promise<SqlMaterialization> {
  const problem = session.dialect === 'postgres' && input.relation ? nameProblem(input.relation) : undefined;
  if (problem !== undefined) return failed({ class: 'step', code: 'sql', message: problem });
  const needed = input.origin.template.parts.flatMap((part) => (part.kind === 'ref' ? [part.asset] : []));
  const sources = await openSources(session, needed, input.source, {
    scope: 'build',
    inline: input.materialized === 'view',
  });
  if (!sources.ok) return failed(attemptFailure(sources.error));
  try {
    return await materializeFrom(session, input, sources.value);
  } finally {
    await sources.value.close();
  }
}

async function materializeFrom(
  session: SqlSession,
  input: SqlMaterializationInput,
  sources: OpenSources,
): Promise<SqlMaterialization> {
  const deadline = input.timeoutMs === undefined ? undefined : input.clock.now() + input.timeoutMs;
  const rendered = render(input, sources);
  if (!rendered.ok) return failed(rendered.error);
  const script = await readScript(session, input, rendered.value);
  if (!script.ok) return failed(script.error);
  const stamps = await ensureStamps(session);
  const ready = stamps.ok ? await ensureSchema(session, input.relation?.schema) : stamps;
  if (!ready.ok) return failed(attemptFailure(ready.error));
  const context: Attempt = { session, input, rendered: rendered.value, deadline };
  for (const statement of script.value.before) {
    const done = await send(context, { sql: statement.text, prefix: 0, offset: statement.offset }, 1);
    if (!done.ok) return failed(done.error);
  }
  return script.value.last && input.relation
    ? buildAndPublish(context, input.relation, script.value.last)
    : finishStatements(context);
}

interface Statement {
  readonly text: string;
  readonly offset: number;
}

function render(input: SqlMaterializationInput, sources: OpenSources): Result<RenderedSql, Failure> {
  const rendered = renderSql(input.origin.template, {
    ref: sources.name,
    self: input.relation && quoteRelation(input.relation),
    bindsAllowed: input.materialized !== 'view',
  });
  if (rendered.ok) return rendered;
  return fail(failureWithExcerpt({ code: 'sql', message: rendered.error.message }, input.origin, rendered.error));
}

/** The statements that run first, and the select that becomes the asset (unless it is `materialized: none`). */
async function readScript(
  session: SqlSession,
  input: SqlMaterializationInput,
  rendered: RenderedSql,
): Promise<Result<{ readonly before: readonly Statement[]; readonly last?: Statement }, Failure>> {
  const split = await session.split(rendered.sql);
  const whole: SentStatement = { sql: rendered.sql, prefix: 0, offset: 0 };
  if (!split.ok) return fail(located(input, rendered, split.error, whole));
  if (input.materialized === 'none') return ok({ before: split.value });
  const last = split.value.at(-1);
  if (last?.isSelect) return ok({ before: split.value.slice(0, -1), last });
  const message = last
    ? 'the last statement must be a select, because its rows become the asset; for statements without one, write `materialized: none`'
    : 'there is no statement: the rows of a select become the asset';
  const place = last ? { sql: rendered.sql, prefix: 0, offset: last.offset } : whole;
  return fail(located(input, rendered, { code: 'sql', message, line: 1, column: 1 }, place));
}

async function buildAndPublish(attempt: Attempt, live: Relation, last: Statement): Promise<SqlMaterialization> {
  const { session, input } = attempt;
  const isWhole = input.partition === undefined;
  const isJudgedFirst = input.publish === 'audit' && input.checks.some(({ check }) => check.blocking);
  if (isWhole && session.dialect === 'duckdb' && input.materialized === 'table' && !isJudgedFirst) {
    const outcome = await publishAtOnce(attempt, live, last);
    // A view may stand under the name, which only the way over a copy replaces; DuckDB gives no place for that error.
    if (outcome.failure?.code !== 'sql' || outcome.failure.logTail !== undefined) return outcome;
  }
  const copy = auditRelation(live);
  const stray = await dropCopy(session, copy);
  if (!stray.ok) return failed(attemptFailure(stray.error));
  const outcome = await auditAndPublish(attempt, live, copy, last);
  if (outcome.failure) await dropCopy(session, copy);
  return outcome;
}

/** Without a check that must judge first: built, stamped and published in one transaction, judged afterwards. */
async function publishAtOnce(attempt: Attempt, live: Relation, last: Statement): Promise<SqlMaterialization> {
  const { session, input } = attempt;
  const build = buildStatement('duckdb', live, 'table', last.text);
  const done = await buildInTransaction(session, {
    live,
    build: () => send(attempt, { sql: build.sql, prefix: build.prefix, offset: last.offset }),
    stamp: stampOf(attempt, { table: live, engineVersion: session.engineVersion }),
    onBuilt: async () => {
      for (const stage of ['built', 'judged', 'publishing'] as const) await input.onStage?.(stage);
      return stopReason(attempt);
    },
    ...(input.signal ? { signal: input.signal } : {}),
  });
  if (done.kind === 'failed') return failed(done.failure);
  await input.onStage?.('published');
  const judged = await judgeSqlChecks(session, judging(attempt, live, 'published'));
  const rows = done.rows === undefined ? {} : { rows: done.rows };
  return { dataVersion: done.dataVersion, ...rows, checks: judged.results, holding: judged.holding };
}

async function auditAndPublish(
  attempt: Attempt,
  live: Relation,
  copy: Relation,
  last: Statement,
): Promise<SqlMaterialization> {
  const { session, input } = attempt;
  const kind = input.materialized === 'view' ? 'view' : 'table';
  const build = buildStatement(session.dialect, copy, kind, last.text);
  const built = await send(attempt, { sql: build.sql, prefix: build.prefix, offset: last.offset });
  if (!built.ok) return failed(built.error);
  await input.onStage?.('built');
  if (input.partition) return auditPartitions(attempt, live, copy, input.partition);
  const early = input.publish === 'audit' ? await judgeSqlChecks(session, judging(attempt, copy, 'audit')) : undefined;
  await input.onStage?.('judged');
  const stopped = stopReason(attempt);
  if (stopped) return failed(stopped, early?.results);
  if (early && early.holding.length > 0)
    return { ...failed(notPublished(early.results, early.holding), early.results), holding: early.holding };
  await input.onStage?.('publishing');
  const stamp = stampOf(attempt, versionSource(attempt, kind, live));
  const signal = input.signal ? { signal: input.signal } : {};
  const done = await publishCopy(session, { live, copy, kind, select: last.text, stamp, ...signal });
  if (!done.ok) return failed(attemptFailure(done.error), early?.results);
  await input.onStage?.('published');
  const judged = early ?? (await judgeSqlChecks(session, judging(attempt, live, 'published')));
  const rows = kind === 'table' && built.value !== undefined ? { rows: built.value } : {};
  return { dataVersion: done.value, ...rows, checks: judged.results, holding: judged.holding };
}

/** `materialized: none`: the statements were all there is; the stamp says that they ran. */
async function finishStatements(attempt: Attempt): Promise<SqlMaterialization> {
  const { session, input } = attempt;
  const dataVersion = input.materialization;
  await input.onStage?.('publishing');
  const done = await writeStampOnly(session, stampOf(attempt, dataVersion));
  if (!done.ok) return failed(attemptFailure(done.error));
  await input.onStage?.('published');
  const judged = await judgeSqlChecks(session, judging(attempt, undefined, 'published'));
  return { dataVersion, checks: judged.results, holding: judged.holding };
}
