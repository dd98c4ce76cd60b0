import type { AssetKey } from '../model/project.ts';
import type { SqlSession } from '../ports.ts';
import { type JudgeInput, type JudgeOutcome, judgeSqlChecks } from './sql-judge.ts';
import { openSources } from './sql-sources.ts';

export interface PublishedJudgingInput extends Omit<JudgeInput, 'subject' | 'stage'> {
  readonly asset: AssetKey;
}

/** Judges what is there already: relations that a step published itself, and files (read by DuckDB). */
export async function judgePublished(session: SqlSession, input: PublishedJudgingInput): Promise<JudgeOutcome> {
  const own = await openSources(session, [input.asset], input.source, { scope: 'subject' });
  if (!own.ok)
    return judgeSqlChecks(session, { ...input, subject: undefined, problem: own.error.message, stage: 'published' });
  try {
    return await judgeSqlChecks(session, { ...input, subject: own.value.name(input.asset), stage: 'published' });
  } finally {
    await own.value.close();
  }
}
