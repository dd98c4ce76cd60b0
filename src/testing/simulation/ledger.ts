import { ownTags } from '../../app/release.ts';
import type { BranchlineEvent, Claim, ClaimOpened, StepStarted } from '../../model/events.ts';
import type { Project } from '../../model/project.ts';
import { epochOf } from '../../run/evolve.ts';
import { splitEventId } from '../../state/codec.ts';

/** What must hold after each single event, by an account of its own: nothing of the engine's folds is asked. */
export interface Ledger {
  readonly events: number;
  /** Events of holders that were replaced, or of runs that were over: they must change nothing. */
  readonly late: number;
  /** Takes in the next event that landed, in the order of the branch. */
  take(event: BranchlineEvent): void;
  has(id: string): boolean;
}

interface KnownRun {
  readonly tags: Readonly<Record<string, string>>;
  epoch: number;
  state: 'queued' | 'working' | 'over';
}

export function openLedger({ operations }: Pick<Project, 'operations'>, say: (text: string) => void): Ledger {
  const { queue, pools } = operations;
  const runs = new Map<string, KnownRun>();
  const working = new Map<string, KnownRun>();
  const claims = new Map<string, Claim>();
  const numbers = new Map<string, number>();
  const holders = new Map<string, string>();
  const begun = new Set<string>();
  const made = new Set<string>();
  const figures = { events: 0, late: 0 };

  /** Places of the queue and of tags: taken from the start of a run to its end, whoever is at it. */
  function judgePlaces(): void {
    if (queue.maxConcurrentRuns >= 0 && working.size > queue.maxConcurrentRuns)
      say(`${working.size} runs at work, and ${queue.maxConcurrentRuns} places`);
    for (const { key, value, limit } of queue.tagLimits) {
      const counts = new Map<string, number>();
      for (const { tags } of working.values()) {
        const own = tags[key];
        if (own === undefined || (value.kind === 'equals' && own !== value.text)) continue;
        const name = value.kind === 'any' ? '*' : own;
        counts.set(name, (counts.get(name) ?? 0) + 1);
      }
      for (const [name, count] of counts)
        if (count > limit) say(`${count} runs of ${key}=${name}, and ${limit} places`);
    }
  }

  /** Slots, assets, partitions and files that are held: by everybody whose claim nobody has closed. */
  function judgeClaims(): void {
    const slots = new Map<string, number>();
    const held = new Map<string, string>();
    for (const claim of claims.values()) {
      for (const [pool, taken] of Object.entries(claim.slots ?? {})) slots.set(pool, (slots.get(pool) ?? 0) + taken);
      for (const name of namesOf(claim)) {
        const other = held.get(name);
        if (other !== undefined && other !== claim.run) say(`${name} is held by ${other} and ${claim.run}`);
        held.set(name, claim.run);
      }
    }
    for (const [pool, taken] of slots)
      if (taken > (pools[pool] ?? Number.POSITIVE_INFINITY))
        say(`${taken} slots of pool ${pool} are held, and it has ${pools[pool]}`);
  }

  function open({ claim }: ClaimOpened): void {
    const run = runs.get(claim.run);
    if (run === undefined || run.state === 'over' || claim.epoch < run.epoch) return;
    const name = `${claim.run}.${claim.epoch}`;
    const other = holders.get(name);
    if (other !== undefined && other !== claim.writer) say(`epoch ${name} is held by ${other} and ${claim.writer}`);
    holders.set(name, claim.writer);
    claims.set(claim.claim, claim);
    judgeClaims();
  }

  function begin({ id, run, step, attempt }: StepStarted, epoch: number): void {
    const name = `${run}.${epoch} ${step} attempt ${attempt}`;
    if (begun.has(name)) say(`${name} began twice (${id})`);
    begun.add(name);
  }

  function takeOfRun(event: BranchlineEvent & { readonly run: string }, run: KnownRun): void {
    const epoch = epochOf(event) ?? run.epoch;
    if (event.type === 'claim.opened') open(event);
    if (event.type === 'step.started') begin(event, epoch);
    if (run.state === 'over' || epoch < run.epoch) {
      if (!event.type.startsWith('claim.')) figures.late++;
      return;
    }
    if (event.type === 'run.started') {
      run.state = 'working';
      working.set(event.run, run);
      judgePlaces();
    } else if (event.type === 'run.requeued' || event.type === 'run.ended') {
      run.state = event.type === 'run.ended' ? 'over' : 'queued';
      working.delete(event.run);
      // Who gives a run back is done with it: the next one goes on in the same epoch.
      holders.delete(`${event.run}.${run.epoch}`);
    } else if (event.type === 'run.taken-over') {
      run.epoch = epoch;
      for (const [id, claim] of claims) if (claim.run === event.run && claim.epoch < epoch) claims.delete(id);
    }
  }

  return {
    get events() {
      return figures.events;
    },
    get late() {
      return figures.late;
    },
    has: (id) => {
      const known = splitEventId(id);
      return known !== undefined && known.n <= (numbers.get(known.stream) ?? 0);
    },
    take(event) {
      figures.events++;
      const { stream, n } = splitEventId(event.id)!;
      const last = numbers.get(stream) ?? 0;
      if (n !== last + 1) say(`${event.id} follows number ${last}`);
      numbers.set(stream, n);
      if (event.type === 'run.requested') {
        if (runs.has(event.run)) say(`run ${event.run} was asked for twice`);
        runs.set(event.run, { tags: ownTags(event.tags), epoch: epochOf(event) ?? 1, state: 'queued' });
        return;
      }
      if (event.type === 'claim.closed') claims.delete(event.claim);
      if (event.type === 'asset.materialized') {
        if (made.has(event.materialization)) say(`materialization ${event.materialization} is recorded twice`);
        made.add(event.materialization);
      }
      if (event.run === undefined) return;
      const run = runs.get(event.run);
      if (run === undefined) say(`${event.type} ${event.id} of a run that nobody asked for`);
      else takeOfRun(event as BranchlineEvent & { readonly run: string }, run);
    },
  };
}

/** What a claim holds, by names that two claims must not share. */
function namesOf(claim: Claim): string[] {
  const assets = claim.assets.flatMap((asset) => claim.partitions?.[asset]?.map((key) => `${asset}@${key}`) ?? [asset]);
  return [...assets, ...claim.connections.map(({ name }) => `connection ${name}`)];
}
