import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateChange, StateCommit } from '../ports-state.ts';
import { identity, zeroId } from './git-ids.ts';
import { commitTextOf, type ObjectReader } from './git-object-reader.ts';
import type { CommitBase, CommitLog, ObjectStore } from './git-objects.ts';
import { type GitConfig, gitWords, runGit } from './git-process.ts';

// Commits of a private repository, as the system's git writes and tells them: most wake-ups ask for neither.

/** One process, and one more of git's own that stores the objects. */
export async function writeCommit(
  store: ObjectStore,
  base: CommitBase,
  change: StateChange,
): Promise<Result<string, string>> {
  const parent = 'parent' in base ? base.parent : undefined;
  const [first, ...more] = [...(parent === undefined ? [] : [parent]), ...(change.behind ?? [])];
  let start = [...(first ? [`from ${first}\n`] : []), ...more.map((id) => `merge ${id}\n`)].join('');
  if ('treeOf' in base) {
    const tree = await runGit({ args: ['rev-parse', '--verify', '--quiet', `${base.treeOf}^{tree}`], ...store });
    if (tree.code !== 0) return fail(`there is no commit ${base.treeOf} here`);
    start += `M 040000 ${tree.stdout.toString().trim()} ""\n`;
  }
  const exit = await runGit({
    args: ['fast-import', '--quiet', '--done', '--date-format=raw'],
    ...store,
    input: importStream(start, change, zeroId(store.format)),
  });
  const commit = exit.stdout.toString().trim();
  if (exit.code === 0 && commit !== '') return ok(commit);
  // git leaves a report of its failure in the repository; what it says is in stderr as well.
  if (exit.pid !== undefined) rmSync(join(store.gitDir, `fast_import_crash_${exit.pid}`), { force: true });
  return fail(gitWords(exit.stderr));
}

function importStream(start: string, change: StateChange, zero: string): Buffer {
  const parts: string[] = [];
  const data = (text: string) => parts.push(`data ${Buffer.byteLength(text)}\n`, text, '\n');
  const when = `${Math.floor(change.at / 1000)} +0000`;
  parts.push(`commit refs/pending\nmark :1\nauthor ${identity} ${when}\ncommitter ${identity} ${when}\n`);
  data(change.message.endsWith('\n') ? change.message : `${change.message}\n`);
  parts.push(start);
  for (const [path, text] of change.files) {
    if (text === null) {
      parts.push(`D ${quoted(path)}\n`);
    } else {
      parts.push(`M 100644 inline ${quoted(path)}\n`);
      data(text);
    }
  }
  // The mark's id goes to stdout; the ref that fast-import insists on is dropped before it is ever written.
  parts.push(`get-mark :1\nreset refs/pending\nfrom ${zero}\n\ndone\n`);
  return Buffer.from(parts.join(''));
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n')}"`;
}

// A commit that the remote has not either, because it is shallow itself, would be looked for there by fetches that look for
// it by fetches, without end. What a log needs has been fetched before.
const NO_FETCH: GitConfig = [['protocol.allow', 'never']];

/** Commits from `from` backwards; undefined when `from` is not here. */
export async function readLog(
  store: ObjectStore,
  reader: ObjectReader,
  from: string,
  limit: number,
): Promise<CommitLog | undefined> {
  // What left the tree is behind it as further parents.
  const args = [
    'log',
    '-z',
    '--first-parent',
    `--max-count=${limit}`,
    '--format=%H%x00%ct%x00%B',
    '--end-of-options',
    from,
    '--',
  ];
  const exit = await runGit({ args, ...store, config: NO_FETCH });
  if (exit.code !== 0) return undefined;
  const fields = exit.stdout.toString().split('\0');
  const commits: StateCommit[] = [];
  for (let i = 0; i + 2 < fields.length; i += 3) {
    const message = fields[i + 2]!.trimEnd();
    commits.push({
      commit: fields[i]!,
      at: Number(fields[i + 1]) * 1000,
      subject: message.split('\n', 1)[0]!,
      trailers: trailersOf(message),
    });
  }
  // git takes a commit of `shallow` for the first one; the commit itself names the one before.
  const last = commits.length < limit ? commits.at(-1) : undefined;
  const [object] = last ? await reader.read([last.commit]) : [];
  return { commits, isCut: object !== undefined && commitTextOf(object).parent !== undefined };
}

/** `Key: value` lines of the last paragraph, when all of its lines are such and it is not the subject. */
export function trailersOf(message: string): Readonly<Record<string, string>> {
  const paragraphs = message.trimEnd().split(/\n{2,}/);
  if (paragraphs.length < 2) return {};
  const trailers: Record<string, string> = {};
  for (const line of paragraphs.at(-1)!.split('\n')) {
    const match = /^([A-Za-z0-9][A-Za-z0-9-]*): ?(.*)$/.exec(line);
    if (match === null) return {};
    trailers[match[1]!] = match[2]!;
  }
  return trailers;
}
