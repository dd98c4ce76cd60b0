import type { EpochMs } from '../model/instant.ts';
import { nextTick } from '../time/cron.ts';
import type { Runners } from './runners.ts';
import { type ScenarioPlan, type StartedByHand, sampleSpread } from './scenario-plan.ts';
import type { Actor, Random, VirtualTime } from './virtual-time.ts';

/** What happens around a project, by a scenario: GitHub rings, somebody starts something, machines are lost. */
export interface Outside {
  readonly rings: { readonly rung: number; readonly lost: number };
  /** Resolves when all of it has happened and all jobs are over; `cut-off`: they have been at it for too long. */
  happened(): Promise<'over' | 'cut-off'>;
}

interface OutsideInput {
  readonly scenario: ScenarioPlan;
  readonly from: EpochMs;
  /** The last instant at which anything begins. */
  readonly until: EpochMs;
  readonly time: VirtualTime;
  readonly random: Random;
  readonly runners: Runners;
  /** Nothing is left to be woken for. */
  readonly isQuiet: () => boolean;
}

/** A simulation does not wait for work that goes on so long after its end. */
export const AFTERWARDS_DAYS = 14;
const AFTERWARDS_MS = AFTERWARDS_DAYS * 24 * 3_600_000;

export function openOutside({ scenario, from, until, time, random, runners, isQuiet }: OutsideInput): Outside {
  const outside: Actor = { name: 'the world outside', isGone: false, frozenUntil: 0 };
  const rings = { rung: 0, lost: 0 };
  const at = (instant: EpochMs): Promise<void> => time.turn(outside, Math.max(0, instant - time.now()));

  async function ring(): Promise<void> {
    for (let tick = nextTick(scenario.wakeUps, 'UTC', from); tick !== undefined && tick <= until; ) {
      await at(tick);
      if (isQuiet()) return;
      if (random() < scenario.lostRings) rings.lost++;
      else void ringLate();
      tick = nextTick(scenario.wakeUps, 'UTC', tick);
    }
  }
  async function ringLate(): Promise<void> {
    await time.turn(outside, sampleSpread(scenario.lateness, random));
    if (time.now() > until) return;
    rings.rung++;
    runners.ask({ kind: 'tick' });
  }
  async function startByHand(what: StartedByHand): Promise<void> {
    await at(what.at);
    runners.ask(what.work);
  }
  async function crash(instant: EpochMs): Promise<void> {
    await at(instant);
    runners.loseAll();
  }

  return {
    rings,
    async happened() {
      await Promise.all([
        ring(),
        ...scenario.started.filter((each) => each.at <= until).map(startByHand),
        ...scenario.crashes.filter((instant) => instant <= until).map(crash),
      ]);
      await at(until);
      return Promise.race([
        runners.allOver().then(() => 'over' as const),
        time.turn(outside, AFTERWARDS_MS).then(() => 'cut-off' as const),
      ]);
    },
  };
}
