import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkedOutId } from '../adapters/checkout-head.ts';
import { locateRepository, projectFolder } from '../adapters/git-location.ts';
import type { GitLocation } from '../adapters/git-place.ts';
import { type GitStateStore, openStateStore } from '../adapters/git-state-store.ts';
import { readableNames } from '../adapters/readable-files.ts';
import { createSourceTree } from '../adapters/source-tree.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { manifestPaths, PROJECT_FILE } from '../app/manifest-paths.ts';
import { decodeQuietNote, isQuiet, type QuietNote } from '../app/quiet-note.ts';
import { transactionInstant } from '../app/transaction-instant.ts';
import type { Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import { USUAL_MANIFESTS } from '../model/manifest-patterns.ts';
import type { SourceTree } from '../ports.ts';
import type { StateHead, StoreUnreachable } from '../ports-state.ts';
import type { Variables } from '../run/secrets.ts';
import { headMemory } from './head-file.ts';
import { type PeekedProject, peekProject } from './peek-project.ts';
import { quietPlaceDigest } from './quiet-place.ts';

/** Who looks, and where. */
export interface QuietAsk {
  /** Absolute folder of the project. */
  readonly root: string;
  /** Of our own git. */
  readonly gitEnv: Variables;
  /** Of the workflow's job. */
  readonly ref: string;
  readonly token?: string;
  /** Absolute: where the private folders of projects go. */
  readonly privateFolder: string;
  /** Takes the place of `state.branch`. */
  readonly stateBranch?: string;
}

/** What a look has opened and read: whoever goes on with an ordinary wake-up opens and reads no more of it. */
export interface Begun {
  readonly root: string;
  readonly tree: SourceTree;
  readonly project: Pick<PeekedProject, 'name' | 'branch' | 'remote'>;
  readonly location: GitLocation;
  readonly store: GitStateStore;
}

export type QuietLook =
  | { readonly kind: 'quiet'; readonly note: QuietNote; readonly project: PeekedProject }
  | { readonly kind: 'unknown'; readonly begun?: Begun };

/**
 * Looks whether the head of the state says that there is nothing to do yet: what a wake-up fetches first is enough for that.
 * What is out of the ordinary in any way is not known, and left to an ordinary wake-up.
 */
export async function lookForQuiet(ask: QuietAsk): Promise<QuietLook> {
  const unknown: QuietLook = { kind: 'unknown' };
  const peeked = peekProject(textOf(join(ask.root, PROJECT_FILE)));
  if (!peeked) return unknown;
  const project = ask.stateBranch === undefined ? peeked : { ...peeked, branch: ask.stateBranch };
  const folder = projectFolder(ask.privateFolder, project.name);
  // What a process that is gone has left has to be taken in.
  if (readableNames(join(folder, 'journals', 'production')).length > 0) return unknown;
  const location = await locateRepository(ask.root, project.remote, ask.gitEnv);
  if (!location.ok || location.value.access !== 'system') return unknown;
  const opened = await openStateStore({
    projectRoot: ask.root,
    projectName: project.name,
    branch: project.branch,
    remote: project.remote,
    environment: 'production',
    env: ask.gitEnv,
    location: location.value,
    privateFolder: folder,
    ...(ask.token === undefined ? {} : { token: ask.token }),
  });
  if (!opened.ok) return unknown;
  const reading = opened.value.read();
  const tree = createSourceTree(ask.root, ask.gitEnv);
  // While git fetches.
  tree.files();
  const head = await reading;
  const readAt = systemClock.now();
  const begun = (): QuietLook => ({
    kind: 'unknown',
    begun: {
      root: ask.root,
      tree,
      project,
      location: location.value,
      store: { ...opened.value, read: readOnce(opened.value, head, readAt) },
    },
  });
  if (!head.ok) return begun();
  const note = await noteOf(ask, opened.value, { project, location: location.value, tree, folder, head: head.value });
  return note ? { kind: 'quiet', note, project } : begun();
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

interface LookedAt {
  readonly project: PeekedProject;
  readonly location: GitLocation;
  readonly tree: SourceTree;
  readonly folder: string;
  readonly head: StateHead;
}

/** The note of the head, where it holds here and now. */
async function noteOf(ask: QuietAsk, store: GitStateStore, at: LookedAt): Promise<QuietNote | undefined> {
  const { project, location, tree, folder, head } = at;
  const { commit, committedAt, serverNow } = head;
  const code = checkedOutId(ask.root);
  const { now, clockSkewMs } = transactionInstant(head, systemClock.now());
  // A clock that is off is told of.
  if (commit === undefined || committedAt === undefined || code === undefined || clockSkewMs !== undefined)
    return undefined;
  if ((serverNow ?? systemClock.now()) < committedAt) return undefined;
  const said = await store.commitText(commit);
  const note = said && decodeQuietNote(said.message, USUAL_MANIFESTS);
  if (!note) return undefined;
  const { manifests } = note;
  const { name, branch, remote } = project;
  const files = [PROJECT_FILE, ...manifestPaths(tree, manifests)];
  const place = quietPlaceDigest({ code, ref: ask.ref, name, branch, remote, files, manifests }, tree);
  const noted = { parent: said.parent, at: committedAt };
  if (place === undefined || !isQuiet(note, place, noted, { now, isTrusted: serverNow !== undefined }))
    return undefined;
  const memory = headMemory(folder, store.label, location.remoteUrl);
  const before = memory.recall();
  if (before?.commit === commit) return note;
  // It was forced back, which is told of.
  if (before && before.seq > note.seq) return undefined;
  memory.keep({ commit, seq: note.seq });
  return note;
}

/**
 * How long the head that was read is good for the first decision, in milliseconds: reading a large project takes its time.
 * Whoever woke up so much earlier would have seen it as well, and a commit on it lands only if it is still the head.
 */
const SOON_MS = 60_000;

/** The first read is the one that was made. */
function readOnce(
  store: GitStateStore,
  head: Result<StateHead, StoreUnreachable>,
  readAt: EpochMs,
): GitStateStore['read'] {
  let isRead = false;
  return async () => {
    const sinceMs = systemClock.now() - readAt;
    if (isRead || sinceMs < 0 || sinceMs > SOON_MS) return store.read();
    isRead = true;
    if (!head.ok || head.value.serverNow === undefined) return head;
    return { ...head, value: { ...head.value, serverNow: head.value.serverNow + sinceMs } };
  };
}
