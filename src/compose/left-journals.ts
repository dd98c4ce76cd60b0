import { readZip } from '../adapters/zip-reader.ts';
import type { AppFailure } from '../app/failure.ts';
import {
  isJournalOf,
  type LeftJournal,
  type LeftJournalInput,
  leftJournal,
  readLeftJournal,
} from '../app/left-journal.ts';
import { JOURNAL_BYTES_MAX } from '../app/shard-journal.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { Claim } from '../model/events.ts';
import type { OrphanJournal } from '../ports-state.ts';
import { silentUploads, type Uploads, unaskedUploads } from './wave-artifacts.ts';

/** A job leaves a journal for each of its runs, and one artifact with them. */
const FILES_MAX = 20;
const ARTIFACTS_MAX = 20;

export interface WorkflowRun {
  readonly run: string;
  readonly attempt: number;
  readonly warn: (text: string) => void;
}

/**
 * The journals that jobs of a workflow run uploaded because they could not push: those of these claims, each held against
 * what its job may say. Fails where nobody answers, for then nothing is known; what cannot be read or is not its own to say
 * is left out with a word.
 */
export async function leftJournals(
  uploads: Uploads,
  of: WorkflowRun,
  claims: readonly Claim[],
  input: Omit<LeftJournalInput, 'claim'>,
): Promise<Result<readonly OrphanJournal[], AppFailure>> {
  const read = await readLeft(uploads, of);
  if (!read.ok) return read;
  const found: OrphanJournal[] = [];
  for (const claim of claims) {
    const own = read.value.filter((journal) => isJournalOf(journal, claim));
    if (own.length > 1)
      of.warn(`Workflow run ${of.run} left several journals of run ${claim.run}: none of them counts.`);
    const [journal, other] = own;
    if (journal === undefined || other !== undefined) continue;
    const left = leftJournal({ ...input, claim }, journal);
    const what = `The journal of run ${claim.run} that workflow run ${of.run} left`;
    if (!left.ok) {
      of.warn(`${what} does not count, and what it says was made is made again: ${left.error}`);
      continue;
    }
    found.push(left.value.journal);
    if (left.value.withoutData > 0)
      of.warn(
        `${what} counts up to the first file that its job could not push to its branch of data; what it says after that is made again.`,
      );
  }
  return ok(found);
}

async function readLeft(
  uploads: Uploads,
  { run, attempt, warn }: WorkflowRun,
): Promise<Result<readonly LeftJournal[], AppFailure>> {
  const names = await uploads.names();
  if (!names.ok) {
    if (names.error.isSilence)
      return fail(silentUploads(`What workflow run ${run} uploaded could not be looked for`, names.error));
    warn(unaskedUploads(run, names.error));
    return ok([]);
  }
  const journals: LeftJournal[] = [];
  const isLeft = (name: string): boolean => {
    const [, of] = /^bl-journal-w[a-z0-9_-]{1,120}-a(\d{1,9})$/.exec(name) ?? [];
    return Number(of) === attempt;
  };
  for (const name of names.value.filter(isLeft).slice(0, ARTIFACTS_MAX)) {
    const archive = await uploads.read(name);
    if (!archive.ok && archive.error.isSilence)
      return fail(silentUploads(`The journal ${name} of workflow run ${run} could not be fetched`, archive.error));
    const limits = { filesMax: FILES_MAX, bytesMax: JOURNAL_BYTES_MAX, ratioMax: 1_000, inFolders: true };
    const files = archive.ok ? readZip(archive.value, limits) : fail(archive.error.message);
    if (!files.ok) {
      warn(
        `The journal ${name} of workflow run ${run} cannot be read (${files.error}), and what it says is made again.`,
      );
      continue;
    }
    for (const [path, bytes] of files.value) {
      const journal = readLeftJournal(path, new TextDecoder().decode(bytes));
      if (journal.ok) journals.push(journal.value);
      else
        warn(
          `The journal ${path} in ${name} of workflow run ${run} is damaged (line ${journal.error}), and what it says is made again.`,
        );
    }
  }
  return ok(journals);
}
