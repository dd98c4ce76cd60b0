import { fail, ok, type Result } from '../base/result.ts';
import type { ChangeReason } from '../model/changes.ts';
import type { Timestamp } from '../model/instant.ts';
import type { RunRequest } from '../model/plan.ts';
import type { AssetKey } from '../model/project.ts';
import type { StateView } from '../model/state.ts';
import type { SourceTree } from '../ports.ts';
import { compareTrees } from './changes.ts';
import type { AppFailure } from './failure.ts';
import { type PlanningProject, selectAssets } from './planning.ts';
import type { LoadedProject } from './read-project.ts';
import { statusesOf } from './statuses.ts';
import { isNewestCode } from './ticked-code.ts';

/** A push to a production branch. */
export interface Push {
  readonly commit: string;
  /** Time of that commit. */
  readonly at: Timestamp;
  /** What the branch was before it, if it was there. */
  readonly before?: string;
}

export interface PushInput {
  readonly planning: PlanningProject;
  readonly loaded: LoadedProject;
  readonly tree: SourceTree;
  readonly view: StateView;
  /** `build_on_push` of the production environment. */
  readonly selection: string;
  readonly push: Push;
  /** The files of an older commit. */
  readonly codeAt: (commit: string) => Promise<Result<SourceTree, string>>;
}

/** What a push asks for, with what it was compared with; no request where nothing is to be built. */
export interface PushBuild {
  readonly request?: Extract<RunRequest, { kind: 'push' }>;
  readonly note: string;
}

/**
 * What `build_on_push` selects of a push. `changed:` is what differs from the code that ticked last, so that a push whose
 * job failed is made up for by the next; before the first tick, from what the branch was. The request names its assets:
 * who carries it on later compares nothing again.
 */
export async function planPush(input: PushInput): Promise<Result<PushBuild, AppFailure>> {
  const { planning, view, selection, push } = input;
  if (!isNewestCode(push, view.codeCommit))
    return ok({ note: 'Nothing was built for this push: a newer commit of the code has ticked before.' });
  const base = view.codeCommit?.commit ?? push.before;
  const compared = await changesSince(input, base);
  const selected = selectAssets(planning, selection, statusesOf(planning.project, view), compared.changedOf);
  if (!selected.ok) return fail(selected.error);
  const keys = [...selected.value].sort();
  if (keys.length === 0) return ok({ note: `Nothing is to be built for this push: ${compared.note}.` });
  const request = {
    kind: 'push',
    commit: push.commit,
    at: push.at,
    selection: keys.map((key) => `key:"${key}"`).join(' or '),
  } as const;
  return ok({ request, note: `\`build_on_push\` selects ${keys.length} of the assets: ${compared.note}.` });
}

interface Compared {
  readonly changedOf: (key: AssetKey) => readonly ChangeReason[];
  readonly note: string;
}

async function changesSince(input: PushInput, base: string | undefined): Promise<Compared> {
  // Too much is selected then, and only what is stale is made of it.
  const all = (note: string): Compared => ({ changedOf: () => ['new'], note });
  if (base === undefined) return all('there is no older code to compare with, so that everything counts as new');
  const short = base.slice(0, 7);
  const older = await input.codeAt(base);
  if (!older.ok) return all(`the code of ${short} cannot be read (${older.error}), so that everything counts as new`);
  const { changes } = compareTrees(older.value, input.tree, input.loaded);
  const reasons = new Map(
    (changes?.assets ?? []).map((change) => [change.asset, change.reasons.map(({ reason }) => reason)]),
  );
  return { changedOf: (key) => reasons.get(key) ?? [], note: `compared with the code of ${short}` };
}
