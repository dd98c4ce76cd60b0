import { fail, ok, type Result } from '../base/result.ts';
import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { AssetKey, Materialized, Relation } from '../model/project.ts';
import type { Clock, SqlFailure, SqlSession } from '../ports.ts';
import { viewDataVersion } from '../sql/data-version.ts';
import { quoteRelation } from '../sql/quote.ts';
import type { RenderedSql } from '../sql/render.ts';
import type { DataVersionSource, Stamp } from '../sql/stamps.ts';
import type { KeepOnly, PartitionToMake, PublishedPartition, RowsOfKeys } from './publish-partitions.ts';
import { failureWithExcerpt, placeOfFailure, type SentStatement, type SqlOrigin } from './sql-failure.ts';
import type { CheckResult, JudgeInput, SqlCheck } from './sql-judge.ts';
import type { SqlSource } from './sql-sources.ts';

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
  readonly partition?: {
    readonly rowsOf: RowsOfKeys;
    readonly partitions: readonly PartitionToMake[];
    readonly keepOnly?: KeepOnly;
  };
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

/** One try to make an asset: what is asked, and what its time and its statements are. */
export interface Attempt {
  readonly session: SqlSession;
  readonly input: SqlMaterializationInput;
  readonly rendered: RenderedSql;
  /** Instant at which the attempt's time is over. */
  readonly deadline: number | undefined;
}

/** A failure with the place in what the user wrote. */
export function located(
  input: SqlMaterializationInput,
  rendered: RenderedSql,
  failure: SqlFailure,
  sent: SentStatement,
): Failure {
  return failureWithExcerpt(failure, input.origin, placeOfFailure(failure, sent, rendered, input.origin.template));
}

/** Sends a statement of the user's, within the time that the attempt has left; of one with rows, so many are read. */
export async function send(
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

/** A stop or a timeout during the checks must not end in a publication that nobody waited for. */
export function stopReason({ input, deadline }: Attempt): Failure | undefined {
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

/** What checks of the attempt are judged with; without `subject` there is no relation to look into. */
export function judging({ input }: Attempt, subject: Relation | undefined, stage: JudgeInput['stage']): JudgeInput {
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
export function versionSource({ session, input }: Attempt, kind: 'table' | 'view', live: Relation): DataVersionSource {
  if (kind === 'view') return viewDataVersion(input.codeVersion, input.upstream);
  if (session.dialect === 'postgres') return input.materialization;
  return { table: live, engineVersion: session.engineVersion };
}

/** The engine's mark of this materialization. */
export function stampOf({ input }: Attempt, dataVersion: DataVersionSource): Stamp {
  return {
    environment: input.environment,
    asset: input.asset,
    partition: '',
    materialization: input.materialization,
    dataVersion,
    at: timestamp(input.clock.now()),
  };
}

/** Why blocking checks kept it back. */
export function notPublished(results: readonly CheckResult[], holding: readonly string[]): Failure {
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

/** Nothing was published. */
export function failed(failure: Failure, checks: readonly CheckResult[] = []): SqlMaterialization {
  return { checks, holding: [], failure };
}
