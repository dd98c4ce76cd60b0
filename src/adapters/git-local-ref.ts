import { ok, type Result } from '../base/result.ts';
import type { StateHead, StoreUnreachable } from '../ports.ts';
import { type ObjectStore, zeroId } from './git-objects.ts';
import { gitWords, runGit } from './git-process.ts';
import { listRefsArgs, type Published, parseListedRefs, type StateRef } from './git-state-ref.ts';

const REF = 'refs/branchline/local';
const WITNESS = 'refs/branchline/local-witness';

// Nothing else keeps the laptop's own state, and its journal goes once the commit is confirmed: it must be on disk.
const DURABLE = [
  ['core.fsync', 'committed'],
  ['core.fsyncMethod', 'batch'],
] as const;

/** The `local` environment: a ref of the private repository that is never pushed. */
export function createLocalRef(store: ObjectStore): StateRef {
  let witnessed = false;
  return {
    label: 'the local state of this repository',
    isShared: false,
    async read(): Promise<Result<StateHead, StoreUnreachable>> {
      const exit = await runGit({ args: [...listRefsArgs, REF, WITNESS], ...store });
      if (exit.code !== 0) {
        return { ok: false, error: unreadable(store, exit.stderr) };
      }
      const refs = parseListedRefs(exit.stdout.toString());
      const head = refs.find(({ ref }) => ref === REF);
      witnessed = refs.some(({ ref }) => ref === WITNESS);
      return ok({ commit: head?.id, committedAt: head?.committedAt, witness: witnessed });
    },
    async publish(commit, expected): Promise<Published> {
      const lines = [`update ${REF} ${commit} ${expected ?? zeroId(store.format)}`];
      if (!witnessed) lines.push(`update ${WITNESS} ${commit}`);
      const input = `start\n${lines.join('\n')}\nprepare\ncommit\n`;
      const exit = await runGit({ args: ['update-ref', '--stdin'], ...store, config: DURABLE, input });
      return exit.code === 0 ? { kind: 'published' } : { kind: 'unanswered', words: gitWords(exit.stderr) };
    },
    bringCommit: async () => ok(false),
    bringBlobs: async () => ok(undefined),
    async history() {
      const exit = await runGit({ args: [...listRefsArgs, REF], ...store });
      if (exit.code !== 0) return { ok: false, error: unreadable(store, exit.stderr) };
      return ok({ store, tip: parseListedRefs(exit.stdout.toString())[0]?.id });
    },
    async advice(words) {
      return `git could not write the local state in ${store.gitDir} (it said: ${words}). Is the disk full, or the folder not writable?`;
    },
  };
}

function unreadable(store: ObjectStore, stderr: string): StoreUnreachable {
  return { code: 'unreachable', message: `git could not read ${store.gitDir}: ${gitWords(stderr)}` };
}
