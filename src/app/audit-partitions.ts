import type { Failure } from '../model/failure.ts';
import { timestamp } from '../model/instant.ts';
import type { Relation } from '../model/project.ts';
import { combinedVersion } from '../model/versions.ts';
import { quoteRelation } from '../sql/quote.ts';
import { judgeRows } from './judge-published.ts';
import { publishPartitions, zonedColumns } from './publish-partitions.ts';
import {
  type Attempt,
  failed,
  judging,
  notPublished,
  type SqlMaterialization,
  type SqlMaterializationInput,
  stopReason,
} from './sql-attempt.ts';
import { attemptFailure } from './sql-failure.ts';
import type { JudgeInput, JudgeOutcome } from './sql-judge.ts';

type Cut = NonNullable<SqlMaterializationInput['partition']>;

/**
 * Judges each partition of the copy for itself; those that nothing holds take the place of what is there, the others
 * stay as they were.
 */
export async function auditPartitions(
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
