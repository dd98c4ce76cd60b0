import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { AssetKey, Materialized, Relation } from '../model/project.ts';
import { combinedVersion } from '../model/versions.ts';
import type { Clock, SqlFailure, SqlSession } from '../ports.ts';
import { viewDataVersion } from '../sql/data-version.ts';
import { buildStatement } from '../sql/publish.ts';
import { quoteRelation } from '../sql/quote.ts';
import { auditRelation, nameProblem } from '../sql/relation.ts';
import { type RenderedSql, renderSql } from '../sql/render.ts';
import type { DataVersionSource, Stamp } from '../sql/stamps.ts';
import { judgeRows } from './judge-published.ts';
import {
  type PartitionToMake,
  type PublishedPartition,
  publishPartitions,
  type RowsOfKeys,
  zonedColumns,
} from './publish-partitions.ts';
import {
  attemptFailure,
  failureWithExcerpt,
  placeOfFailure,
  type SentStatement,
  type SqlOrigin,
} from './sql-failure.ts';
import { type CheckResult, type JudgeInput, type JudgeOutcome, judgeSqlChecks, type SqlCheck } from './sql-judge.ts';
import {
  buildInTransaction,
  dropCopy,
  ensureSchema,
  ensureStamps,
  publishCopy,
  writeStampOnly,
} from './sql-publish.ts';
import { type OpenSources, openSources, type SqlSource } from './sql-sources.ts';

/** Moments at which a test may end the process. `built`: the copy is there; `judged`: its checks ran; `publishing`:
 * before the transaction; `published`: after it. */
export type SqlStage = 'built' | 'judged' | 'publishing' | 'published';

export interface SqlMaterializationInput {
  readonly asset: AssetKey;
  readonly environment: string;
  /** The published relation; undefined only with `materialized: none`. */
  readonly relation?: Relation;
  readonly materialized: Materialized;
  /** `direct`: published first, judged then. */
  readonly publish: 'audit' | 'direct';
  readonly origin: SqlOrigin;
  readonly checks: readonly SqlCheck[];
  /** The partitions that it makes, with what finds their rows: only these are replaced, each judged for itself. */
  readonly partition?: { readonly rowsOf: RowsOfKeys; readonly partitions: readonly PartitionToMake[] };
  /** What `ref` reads, and `relationships` looks into. */
  readonly source: (asset: AssetKey) => SqlSource | undefined;
  readonly materialization: string;
  readonly codeVersion: string;
  /** Data versions of direct upstreams, for a view's own. */
  readonly upstream: Readonly<Record<AssetKey, string>>;
  readonly clock: Clock;
  readonly signal?: AbortSignal;
  /** Of the whole attempt: statements and checks before publication. */
  readonly timeoutMs?: number;
  readonly onStage?: (stage: SqlStage) => void | Promise<void>;
}

/**
 * An asset was published (`failure` undefined), or the old data stands untouched and `failure` says why. Of several
 * partitions some may be published and others not: then there are both.
 */
export interface SqlMaterialization {
  readonly dataVersion?: string;
  /** Rows of a table; unknown for views and statements. */
  readonly rows?: number;
  /** Of a partitioned asset: what was published of each key. */
  readonly partitions?: ReadonlyMap<string, PublishedPartition>;
  /** Results of all checks that SQL can judge, as far as it came. */
  readonly checks: readonly CheckResult[];
  /** The same of a partitioned asset, by key. */
  readonly checksOf?: ReadonlyMap<string, readonly CheckResult[]>;
  /** Blocking checks that did not pass: before publication they kept it back. */
  readonly holding: readonly string[];
  readonly failure?: Failure;
}

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

interface Attempt {
  readonly session: SqlSession;
  readonly input: SqlMaterializationInput;
  readonly rendered: RenderedSql;
  /** Instant at which the attempt's time is over. */
  readonly deadline: number | undefined;
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

function located(
  input: SqlMaterializationInput,
  rendered: RenderedSql,
  failure: SqlFailure,
  sent: SentStatement,
): Failure {
  return failureWithExcerpt(failure, input.origin, placeOfFailure(failure, sent, rendered, input.origin.template));
}

/** Sends a statement of the user's, within the time that the attempt has left; of one with rows, so many are read. */
async function send(
  { session, input, rendered, deadline }: Attempt,
  sent: SentStatement,
  rowsMax?: number,
): Promise<Result<number | undefined, Failure>> {
  const answer = await session.query(sent.sql, rendered.binds, {
    ...(input.signal ? { signal: input.signal } : {}),
    ...(deadline === undefined ? {} : { timeoutMs: Math.max(1, deadline - input.clock.now()) }),
    ...(rowsMax === undefined ? {} : { maxRows: rowsMax }),
  });
  if (answer.ok) return ok(answer.value.changed);
  // The statement had what was left; the user gave the whole.
  const error =
    answer.error.code === 'timeout' && input.timeoutMs !== undefined
      ? { ...answer.error, message: `stopped: its timeout of ${input.timeoutMs / 1000} s was over` }
      : answer.error;
  return fail(located(input, rendered, error, sent));
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

type Cut = NonNullable<SqlMaterializationInput['partition']>;

/**
 * Judges each partition of the copy for itself; those that nothing holds take the place of what is there, the others
 * stay as they were.
 */
async function auditPartitions(
  attempt: Attempt,
  live: Relation,
  copy: Relation,
  cut: Cut,
): Promise<SqlMaterialization> {
  const { session, input } = attempt;
  const isAudited = input.publish === 'audit';
  const early = isAudited ? await judgeEach(attempt, copy, cut, 'audit') : new Map<string, JudgeOutcome>();
  await input.onStage?.('judged');
  const stopped = stopReason(attempt);
  if (stopped) return withChecks(failed(stopped), early);
  const publish = cut.partitions.map(({ key }) => key).filter((key) => (early.get(key)?.holding.length ?? 0) === 0);
  const failure = heldPartitions(cut, early);
  if (publish.length === 0) return withChecks(failed(failure!), early);
  await input.onStage?.('publishing');
  const done = await publishPartitions(session, {
    live,
    copy,
    environment: input.environment,
    asset: input.asset,
    at: timestamp(input.clock.now()),
    ...cut,
    publish: new Set(publish),
    ...(input.signal ? { signal: input.signal } : {}),
  });
  if (!done.ok) return withChecks(failed(attemptFailure(done.error)), early);
  await input.onStage?.('published');
  const published = { ...cut, partitions: cut.partitions.filter(({ key }) => done.value.has(key)) };
  const judged = isAudited ? early : await judgeEach(attempt, live, published, 'published');
  const made: SqlMaterialization = {
    dataVersion: combinedVersion([...done.value].map(([key, { dataVersion }]) => [key, dataVersion]))!,
    rows: [...done.value.values()].reduce((sum, each) => sum + each.rows, 0),
    partitions: done.value,
    checks: [],
    holding: [],
    ...(failure ? { failure } : {}),
  };
  return withChecks(made, judged);
}

/** A check in a partitioned asset sees one partition (vocabulary.md). */
async function judgeEach(
  attempt: Attempt,
  relation: Relation,
  { rowsOf, partitions }: Cut,
  stage: JudgeInput['stage'],
): Promise<Map<string, JudgeOutcome>> {
  const { session, input } = attempt;
  const outcomes = new Map<string, JudgeOutcome>();
  if (input.checks.length === 0) return outcomes;
  const zoned = await zonedColumns(session, relation);
  for (const { key, materialization } of partitions) {
    // What is left is not judged when time is over: nothing is published then.
    if (stage === 'audit' && stopReason(attempt)) break;
    const judge = { ...judging(attempt, relation, stage), materialization };
    outcomes.set(key, await judgeRows(session, quoteRelation(relation), rowsOf([key], zoned), judge));
  }
  return outcomes;
}

function withChecks(made: SqlMaterialization, outcomes: ReadonlyMap<string, JudgeOutcome>): SqlMaterialization {
  return {
    ...made,
    checks: [...outcomes.values()].flatMap(({ results }) => results),
    checksOf: new Map([...outcomes].map(([key, { results }]) => [key, results])),
    holding: [...new Set([...outcomes.values()].flatMap(({ holding }) => holding))],
  };
}

/** Why partitions of the copy are not published; undefined = nothing holds any of them. */
function heldPartitions({ partitions }: Cut, outcomes: ReadonlyMap<string, JudgeOutcome>): Failure | undefined {
  const held = [...outcomes].filter(([, { holding }]) => holding.length > 0);
  const [first] = held;
  if (first === undefined) return undefined;
  const [key, { results, holding }] = first;
  const failure = notPublished(results, holding);
  if (partitions.length === 1) return failure;
  const count = `${held.length} of ${partitions.length} partitions`;
  return { ...failure, message: `${count} ${held.length === 1 ? 'is' : 'are'} held back: ${key}: ${failure.message}` };
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

/** A stop or a timeout during the checks must not end in a publication that nobody waited for. */
function stopReason({ input, deadline }: Attempt): Failure | undefined {
  if (input.signal?.aborted) return { class: 'cancel', code: 'canceled', message: 'canceled before publication' };
  if (deadline !== undefined && input.clock.now() >= deadline) {
    return {
      class: 'timeout',
      code: 'timeout',
      message: `not published: building and judging took longer than ${input.timeoutMs! / 1000} s`,
    };
  }
  return undefined;
}

function judging({ input }: Attempt, subject: Relation | undefined, stage: JudgeInput['stage']): JudgeInput {
  return {
    subject: subject && quoteRelation(subject),
    stage,
    materialization: input.materialization,
    checks: input.checks,
    source: input.source,
    clock: input.clock,
    ...(input.signal ? { signal: input.signal } : {}),
  };
}

/** Where the data version comes from (semantics.md 13); `live` is the table's name when the stamp is written. */
function versionSource({ session, input }: Attempt, kind: 'table' | 'view', live: Relation): DataVersionSource {
  if (kind === 'view') return viewDataVersion(input.codeVersion, input.upstream);
  if (session.dialect === 'postgres') return input.materialization;
  return { table: live, engineVersion: session.engineVersion };
}

function stampOf({ input }: Attempt, dataVersion: DataVersionSource): Stamp {
  return {
    environment: input.environment,
    asset: input.asset,
    partition: '',
    materialization: input.materialization,
    dataVersion,
    at: timestamp(input.clock.now()),
  };
}

function notPublished(results: readonly CheckResult[], holding: readonly string[]): Failure {
  const blocking = results.filter((result) => result.blocking);
  const errored = blocking.every((result) => !holding.includes(result.check) || result.status === 'ERRORED');
  const first = blocking.find((result) => holding.includes(result.check))!;
  const count = `${holding.length} of ${blocking.length} blocking ${blocking.length === 1 ? 'check' : 'checks'}`;
  return {
    class: 'step',
    code: errored ? 'check-errored' : 'check-failed',
    message: `not published: ${count} ${errored ? 'could not be judged' : 'failed'} (${first.check}: ${first.message})`,
  };
}

function failed(failure: Failure, checks: readonly CheckResult[] = []): SqlMaterialization {
  return { checks, holding: [], failure };
}
