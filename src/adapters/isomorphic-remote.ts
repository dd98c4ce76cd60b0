import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fail, ok, type Result } from '../base/result.ts';
import type { StoreUnreachable } from '../ports-state.ts';
import { gitWords } from './git-process.ts';
import { type RemoteCalls, type RemoteHistory, type RemotePlace, refusedAccess } from './git-remote-ref.ts';
import { archivePrefixes, archivesOf, type ListedRef, type Published } from './git-state-ref.ts';
import type { WireFailure, WireServer } from './git-wire.ts';
import { type IsomorphicObjects, writeWhole } from './isomorphic-objects.ts';

/** A remote that is reached over http or https without the system's git. */
export interface IsomorphicRemote extends RemotePlace {
  readonly server: WireServer;
  readonly objects: IsomorphicObjects;
  /** Commits of all history, without their content, are kept in a repository of their own. */
  readonly history: IsomorphicObjects;
  /** Absolute: folders of the two. */
  readonly gitDir: string;
  readonly historyDir: string;
  /** Values that no message may show. */
  readonly secrets: readonly string[];
}

export function isomorphicRemote(remote: IsomorphicRemote): RemoteCalls {
  const { server, objects, branch } = remote;
  const branchRef = `refs/heads/${branch}`;
  const unreachable = (failure: WireFailure): StoreUnreachable => {
    const words = gitWords(failure.words, remote.secrets) || 'no answer';
    const message = `${remote.name} cannot be reached for ${branch}: ${words}`;
    return refusedAccess(remote, failure.status, words) ?? { code: 'unreachable', message };
  };

  /** Commits, or trees, with all trees below, on top of what is here already. */
  async function bring(wants: readonly string[], haves: readonly string[]): Promise<Result<void, WireFailure>> {
    const pack = await server.fetchPack({ wants, haves, shallow: haves, depth: 1, filter: 'blob:none' });
    if (!pack.ok) return pack;
    if (pack.value) await objects.addPack(pack.value);
    return ok(undefined);
  }

  return {
    async look() {
      const listed = await server.listRefs([branchRef, remote.witness]);
      if (!listed.ok) return fail(unreachable(listed.error));
      const { refs, serverNow } = listed.value;
      const head = refs.find(({ ref }) => ref === branchRef);
      const witness = refs.some(({ ref }) => ref === remote.witness);
      if (head === undefined) return ok({ head, witness, serverNow, isFirst: false });
      const known = await readFetched(remote.gitDir);
      if (known !== head.id || (await objects.committedAt(head.id)) === undefined) {
        if (!(await objects.isWhole(head.id))) {
          const isHere = known !== undefined && (await objects.committedAt(known)) !== undefined;
          const brought = await bring([head.id], isHere ? [known] : []);
          if (!brought.ok) return fail(unreachable(brought.error));
        }
        await writeFetched(remote.gitDir, head.id);
      }
      const committedAt = await objects.committedAt(head.id);
      const seen = committedAt === undefined ? head : { ...head, committedAt };
      return ok({ head: seen, witness, serverNow, isFirst: known === undefined && server.canFilter() === false });
    },
    async list(patterns) {
      const listed = await server.listRefs(patterns.map((pattern) => pattern.replace(/\*$/, '')));
      if (!listed.ok) return fail(unreachable(listed.error));
      return ok(listed.value.refs.filter(({ ref }) => patterns.some((pattern) => matches(ref, pattern))));
    },
    async push(refs, atomic = false): Promise<Published> {
      // Only a commit of ours brings objects; other ids are there already.
      let pack: Buffer | undefined;
      for (const { to } of refs) if (to !== undefined) pack ??= await objects.packOf([to]);
      const hasCommands = refs.some(({ to }) => to !== undefined);
      const published = await server.push(refs, hasCommands ? (pack ?? EMPTY_PACK) : undefined, atomic);
      if (published.kind !== 'published') return { ...published, words: gitWords(published.words, remote.secrets) };
      const head = refs.find(({ ref }) => ref === branchRef)?.to;
      if (head !== undefined) await writeFetched(remote.gitDir, head);
      return published;
    },
    bringTrees: async (ids) => (await bring(ids, [])).ok,
    async bringBlobs(blobs) {
      const pack = await server.fetchPack({ wants: blobs });
      if (!pack.ok) return fail(unreachable(pack.error));
      if (pack.value) await objects.addPack(pack.value);
      return ok(undefined);
    },
    async history(): Promise<Result<RemoteHistory, StoreUnreachable>> {
      const { hidden, branches } = archivePrefixes(branch);
      const listed = await server.listRefs([branchRef, hidden, branches]);
      if (!listed.ok) return fail(unreachable(listed.error));
      const head = listed.value.refs.find(({ ref }) => ref === branchRef);
      const kept = listed.value.refs.filter(({ ref }) => ref.startsWith(hidden) || ref.startsWith(branches));
      const wants = [...(head === undefined ? [] : [head.id]), ...kept.map(({ id }) => id)];
      const missing: string[] = [];
      let isCut = false;
      for (const id of wants) {
        const log = await remote.history.readLog(id, Number.POSITIVE_INFINITY);
        if (log === undefined || log.isCut) missing.push(id);
        isCut ||= log?.isCut === true;
      }
      if (missing.length > 0) {
        const known = await readFetched(remote.historyDir);
        // Where the remote was a shallow clone it may have more by now, which it would not send to who has what follows.
        const isHere = !isCut && known !== undefined && (await remote.history.committedAt(known)) !== undefined;
        const haves = isHere ? [known] : [];
        const pack = await server.fetchPack({ wants: missing, haves, filter: 'tree:0' });
        if (!pack.ok) return fail(unreachable(pack.error));
        if (pack.value) await remote.history.addPack(pack.value);
        if (head !== undefined) await writeFetched(remote.historyDir, head.id);
      }
      const dated: ListedRef[] = [];
      for (const ref of kept) {
        const committedAt = await remote.history.committedAt(ref.id);
        dated.push(committedAt === undefined ? ref : { ...ref, committedAt });
      }
      return ok({ objects: remote.history, head, archives: archivesOf(dated) });
    },
  };
}

function matches(ref: string, pattern: string): boolean {
  return pattern.endsWith('*') ? ref.startsWith(pattern.slice(0, -1)) : ref === pattern;
}

/** Version 2, no objects, and its digest: a push without a pack is refused where something is created. */
const EMPTY_PACK = Buffer.from('5041434b0000000200000000029d08823bd8a8eab510ad6ac75c823cfd3ed31e', 'hex');

/** The head whose commit and trees are here. */
function fetchedPath(gitDir: string): string {
  return join(gitDir, 'branchline-fetched');
}
function writeFetched(gitDir: string, commit: string): Promise<void> {
  return writeWhole(fetchedPath(gitDir), `${commit}\n`, { sync: false, mode: 0o644 });
}
async function readFetched(gitDir: string): Promise<string | undefined> {
  const text = await readFile(fetchedPath(gitDir), 'utf8').catch(() => '');
  return /^[0-9a-f]{40}\n$/.test(text) ? text.trim() : undefined;
}
