import type { AssetKey } from '../model/project.ts';
import type { SqlSession } from '../ports.ts';
import { type JudgeInput, type JudgeOutcome, judgeSqlChecks } from './sql-judge.ts';
import { openSources } from './sql-sources.ts';

export interface PublishedJudgingInput extends Omit<JudgeInput, 'subject' | 'stage'> {
  readonly asset: AssetKey;
  /** Condition that finds the rows of the partitions that are judged; absent = all of them. */
  readonly rows?: string;
}

/** Judges what is there already: relations that a step published itself, and files (read by DuckDB). */
export async function judgePublished(session: SqlSession, input: PublishedJudgingInput): Promise<JudgeOutcome> {
  const own = await openSources(session, [input.asset], input.source, { scope: 'subject' });
  if (!own.ok)
    return judgeSqlChecks(session, { ...input, subject: undefined, problem: own.error.message, stage: 'published' });
  try {
    const subject = own.value.name(input.asset);
    if (input.rows !== undefined && subject !== undefined)
      return await judgeRows(session, subject, input.rows, { ...input, stage: 'published' });
    return await judgeSqlChecks(session, { ...input, subject, stage: 'published' });
  } finally {
    await own.value.close();
  }
}

const PARTITION_VIEW = '"branchline_partition"';

/** Judges some rows of a relation: a check in a partitioned asset sees the partition only (vocabulary.md). */
export async function judgeRows(
  session: SqlSession,
  relation: string,
  rows: string,
  input: Omit<JudgeInput, 'subject'>,
): Promise<JudgeOutcome> {
  const made = await session.query(
    `create or replace temp view ${PARTITION_VIEW} as select * from ${relation} where ${rows}`,
  );
  if (!made.ok) return judgeSqlChecks(session, { ...input, subject: undefined, problem: made.error.message });
  try {
    return await judgeSqlChecks(session, { ...input, subject: PARTITION_VIEW });
  } finally {
    await session.query(`drop view if exists ${PARTITION_VIEW}`);
  }
}
