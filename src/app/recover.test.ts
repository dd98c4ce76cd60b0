import { describe, expect, test } from 'vitest';
import { fail, ok } from '../base/result.ts';
import type { BranchlineEvent, Claim, Holder } from '../model/events.ts';
import { defaultOperations } from '../model/operations.ts';
import type { StateView } from '../model/state.ts';
import type { Liveness, OrphanJournal } from '../ports-state.ts';
import { emptyView } from '../state/fold.ts';
import { outsideFailure } from './failure.ts';
import { type RecoverPorts, recover } from './recover.ts';
import type { StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

const NOW = Date.parse('2026-11-22T09:30:00.000Z');
const ofWave: Holder = { kind: 'workflow', workflow: '31', attempt: 1, job: 'plan', wholeRun: true };
const ofJob: Holder = { kind: 'workflow', workflow: '32', attempt: 1, job: 'run' };
const claimOf = (run: string, holder: Holder): Claim => ({
  claim: `${run}.1`,
  environment: 'production',
  run,
  epoch: 1,
  holder,
  writer: `w-${run}`,
  assets: [run],
  connections: [],
  at: '2026-11-22T09:00:00.000Z',
});

/** Recovers from these claims of runs that are over; what was decided, and what was asked to be taken in. */
async function recovered(
  claims: readonly Claim[],
  options: {
    readonly liveness?: Liveness;
    readonly taking?: 'nothing' | 'all' | 'fails' | 'absent';
    readonly left?: readonly OrphanJournal[];
    readonly dead?: string;
  } = {},
) {
  const { liveness = 'gone', taking = 'all', left = [], dead = 'dead' } = options;
  let view: StateView = {
    ...emptyView('production'),
    claims: new Map(claims.map((claim) => [claim.claim, { ...claim, renewals: 0 }])),
  };
  const committed: BranchlineEvent[][] = [];
  const session: StateSession = {
    async transact(decide) {
      const decision = await decide({ read: { view }, now: NOW } as unknown as StateAt);
      if (decision.kind === 'stop') return fail(decision.failure);
      if (decision.kind === 'commit') committed.push([...decision.events]);
      return ok({ value: decision.value, after: undefined as never });
    },
  };
  const asked: string[][] = [];
  const released: string[] = [];
  const orphan: OrphanJournal = {
    writer: dead,
    lines: [],
    discard: () => released.push('discarded'),
    release: () => released.push('released'),
  };
  const ports: RecoverPorts = {
    journals: { adopt: () => [orphan], open: () => undefined as never, setAside: () => '' },
    holders: { self: ofJob, liveness: async () => liveness },
    operations: defaultOperations,
    writer: 'me',
    warn: () => undefined,
    endLeftovers: async () => undefined,
    ...(taking === 'absent'
      ? {}
      : {
          async takeInLost(lost: readonly Claim[]) {
            asked.push(lost.map(({ run }) => run));
            if (taking === 'fails') return fail(outsideFailure('no-artifacts', 'no answer'));
            if (taking === 'all')
              view = { ...view, claims: new Map([...view.claims].filter(([, { holder }]) => holder === ofJob)) };
            return ok(left);
          },
        }),
  };
  const done = await recover(session, ports);
  const closed = committed.flat().flatMap((event) => (event.type === 'claim.closed' ? [event.claim] : []));
  return { done, asked, closed, released };
}

describe('claims of workflow runs that are over', () => {
  const both = [claimOf('a', ofWave), claimOf('b', ofJob)];

  test('are taken in before anything is decided, where their jobs may have left uploads', async () => {
    const { done, asked, closed, released } = await recovered(both);
    expect(done.ok).toBe(true);
    expect(asked).toEqual([['a', 'b']]);
    // What was taken in is closed by its own account.
    expect(closed).toEqual(['b.1']);
    expect(released).toEqual(['discarded']);
  });

  test('are closed all the same when nothing was found, once', async () => {
    const { asked, closed } = await recovered(both, { taking: 'nothing' });
    expect(asked).toEqual([['a', 'b']]);
    expect(closed.sort()).toEqual(['a.1', 'b.1']);
  });

  test('stay for the next one when they could not be taken in', async () => {
    const { done, closed, released } = await recovered(both, { taking: 'fails' });
    expect(done).toMatchObject({ ok: false, error: { code: 'no-artifacts' } });
    expect(closed).toEqual([]);
    expect(released).toEqual(['released']);
  });

  test('are closed where nobody can ask for uploads, and nobody is asked while they live', async () => {
    expect((await recovered(both, { taking: 'absent' })).closed.sort()).toEqual(['a.1', 'b.1']);
    expect(await recovered(both, { liveness: 'alive' })).toMatchObject({ asked: [], closed: [] });
  });

  test('are asked for the journal of a single job too, unless it is at hand here', async () => {
    expect((await recovered([claimOf('b', ofJob)])).asked).toEqual([['b']]);
    expect((await recovered([claimOf('b', ofJob)], { dead: 'w-b.b' })).asked).toEqual([]);
    const seen: string[] = [];
    const left = { writer: 'w-b.b', lines: [], discard: () => seen.push('discarded'), release: () => undefined };
    expect((await recovered([claimOf('b', ofJob)], { left: [left] })).closed).toEqual(['b.1']);
    expect(seen).toEqual(['discarded']);
  });
});
