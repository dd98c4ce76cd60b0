import { numbersIn } from '../../base/spans.ts';
import type { BackfillRequested, BranchlineEvent } from '../../model/events.ts';
import type { Project } from '../../model/project.ts';
import type { BackfillRecord } from '../../model/state.ts';
import type { JobWork } from '../../simulate/job-work.ts';
import { isBackfillOver } from '../../state/backfill-fold.ts';

/** What backfills were to make and what their runs made, by an account of its own. */
export interface BackfillAccounts {
  take(event: BranchlineEvent): void;
  /** Names every backfill that did not end, made something else, or says that it made what it did not. */
  judge(records: ReadonlyMap<string, BackfillRecord> | undefined): void;
}

interface Account {
  /** `asset@key`, or `asset` of one without partitions. */
  readonly wanted: ReadonlySet<string>;
  readonly made: Set<string>;
}

/** `asked`: what was started by hand. Definitions are daily here. */
export function openBackfillAccounts(
  project: Project,
  asked: readonly JobWork[],
  say: (text: string) => void,
): BackfillAccounts {
  const accounts = new Map<string, Account>();
  const runs = new Map<string, string>();

  function request(event: BackfillRequested): void {
    const names = event.groups.flatMap(({ assets, partitions }) =>
      assets.flatMap((asset) =>
        partitions.length === 0 ? [asset] : partitions.flatMap((each) => namesOf(asset, each)),
      ),
    );
    const wanted = new Set(names);
    if (wanted.size !== names.length) say(`backfill ${event.backfill} makes something twice: ${names.join(' ')}`);
    accounts.set(event.backfill, { wanted, made: new Set() });
    judgeSelection(event);
  }

  /** The root is made for the keys that were written, and everything that is selected is in it once. */
  function judgeSelection({ backfill, selection, partitions, groups }: BackfillRequested): void {
    const isKnown = asked.some((work) => work.kind === 'backfill' && work.options.select === selection);
    if (!isKnown) say(`backfill ${backfill} is of ${selection}, which nobody asked for`);
    const root = selection.replace(/^key:/, '').replace(/\+$/, '');
    const selected = selection.endsWith('+') ? downstreamOf(project, root) : new Set([root]);
    const listed = groups.flatMap(({ assets }) => assets);
    if (
      new Set(listed).size !== listed.length ||
      listed.length !== selected.size ||
      listed.some((a) => !selected.has(a))
    )
      say(`backfill ${backfill} of ${selection} is of ${listed.join(', ')}`);
    const own = groups.find(({ assets }) => assets.includes(root))?.partitions ?? [];
    if (!/[a-z]/.test(partitions) && own.join() !== partitions.trim())
      say(`backfill ${backfill} of ${partitions} makes ${own.join()} of ${root}`);
  }

  return {
    take(event) {
      if (event.type === 'backfill.requested') request(event);
      else if (event.type === 'run.requested') {
        const backfill = event.tags['branchline/backfill'];
        if (backfill !== undefined) runs.set(event.run, backfill);
      } else if (event.type === 'asset.materialized') {
        const backfill = runs.get(event.run);
        const account = backfill === undefined ? undefined : accounts.get(backfill);
        if (account === undefined) return;
        const name = event.partition === undefined ? event.asset : `${event.asset}@${event.partition}`;
        if (!account.wanted.has(name)) say(`backfill ${backfill} made ${name}, which is not in it`);
        account.made.add(name);
      }
    },
    judge(records) {
      for (const [backfill, { wanted, made }] of accounts) {
        const record = records?.get(backfill);
        if (record === undefined) {
          say(`backfill ${backfill} is forgotten`);
          continue;
        }
        const { counts, state } = record;
        if (!isBackfillOver(record) || counts === undefined) {
          say(`backfill ${backfill} has not ended: ${state}`);
          continue;
        }
        const { total, done, failed, leftOut } = counts;
        if (total !== wanted.size || done + failed + leftOut !== total)
          say(`backfill ${backfill} of ${wanted.size} partitions accounts for ${JSON.stringify(counts)}`);
        if ((state === 'COMPLETED_SUCCESS') !== (done === total))
          say(`backfill ${backfill} is ${state} with ${done} of ${total}`);
        const said = doneOf(record);
        if (said.length !== done) say(`backfill ${backfill} counts ${done} and lists ${said.length}`);
        for (const name of said)
          if (!made.has(name)) say(`backfill ${backfill} says that it made ${name}, and nobody did`);
      }
    },
  };
}

function doneOf({ groups }: BackfillRecord): string[] {
  return groups.flatMap(({ partitions, results }) =>
    Object.entries(results).flatMap(([asset, { done }]) => {
      const names = partitions.length === 0 ? [asset] : partitions.flatMap((each) => namesOf(asset, each));
      return [...numbersIn(done)].map((place) => names[place]!);
    }),
  );
}

/** `2026-11-25...2026-11-27` of an asset, day by day. */
function namesOf(asset: string, range: string): string[] {
  const [first, last = first] = range.split('...');
  const names: string[] = [];
  for (let day = Date.parse(first!); day <= Date.parse(last!); day += 86_400_000)
    names.push(`${asset}@${new Date(day).toISOString().slice(0, 10)}`);
  return names;
}

function downstreamOf(project: Project, root: string): Set<string> {
  const found = new Set([root]);
  for (let size = 0; size < found.size; ) {
    size = found.size;
    for (const { key, deps } of Object.values(project.assets)) if (deps.some((dep) => found.has(dep))) found.add(key);
  }
  return found;
}
