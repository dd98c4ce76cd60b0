import { type EpochMs, timestamp } from '../model/instant.ts';
import type { Clock } from '../ports.ts';

/** Numbers in [0, 1) that follow from a seed. */
export type Random = () => number;

/** mulberry32: small, and good enough to choose among faults. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Who waits: turns of somebody who is gone never come, those of somebody who is frozen come later. */
export interface Actor {
  readonly name: string;
  isGone: boolean;
  /** Frozen (its machine sleeps) until then. */
  frozenUntil: EpochMs;
}

interface Waiting {
  readonly actor: Actor;
  /** Ready from then on. */
  readonly at: EpochMs;
  readonly resume: () => void;
}

/** The time of a simulation: it passes only when everybody waits, and whoever is ready goes on in an order by chance. */
export interface VirtualTime {
  now(): EpochMs;
  /** Resolves when it is this actor's turn; `afterMs` from now at the earliest. Never, once it is gone. */
  turn(actor: Actor, afterMs?: number, signal?: AbortSignal): Promise<void>;
  clockOf(actor: Actor, offsetMs?: () => number): Clock;
  /** Lets everybody go on until the promise settles; throws when nobody can go on any more. */
  until<T>(promise: Promise<T>): Promise<T>;
  /** Lets time pass though nobody waits for it. */
  pass(ms: number): void;
}

/** More turns than any schedule of faults takes: an endless loop is a finding, not a hanging test. */
const TURNS_MAX = 200_000;

/** The same while no time passes: no number of jobs does so much at one instant. */
const TURNS_AT_ONCE_MAX = 1_000_000;

export function createVirtualTime(
  start: EpochMs,
  random: Random,
  limits: { readonly turns?: number; readonly turnsAtOnce?: number } = {},
): VirtualTime {
  const { turns: turnsMax = TURNS_MAX, turnsAtOnce: turnsAtOnceMax = TURNS_AT_ONCE_MAX } = limits;
  let now = start;
  let turns = 0;
  let turnsAtOnce = 0;
  const waiting = new Set<Waiting>();

  const turn: VirtualTime['turn'] = (actor, afterMs = 0, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) {
        resolve();
        return;
      }
      // A signal outlives the turns that it may cut short.
      const resume = (): void => {
        signal?.removeEventListener('abort', cutShort);
        resolve();
      };
      const entry: Waiting = { actor, at: now + afterMs, resume };
      const cutShort = (): void => {
        // Somebody who is gone hears nothing any more.
        if (waiting.delete(entry) && !actor.isGone) resolve();
      };
      waiting.add(entry);
      signal?.addEventListener('abort', cutShort, { once: true });
    });

  const readyAt = ({ at, actor }: Waiting): EpochMs => Math.max(at, actor.frozenUntil);

  /** Lets one go on; false when nobody is left. */
  function step(): boolean {
    let earliest = Number.POSITIVE_INFINITY;
    // Those that go first, in the order in which they began to wait: hundreds of jobs wait at once, and few of them for now.
    let ready: Waiting[] = [];
    for (const entry of waiting) {
      if (entry.actor.isGone) {
        waiting.delete(entry);
        continue;
      }
      const at = Math.max(now, readyAt(entry));
      if (at > earliest) continue;
      if (at < earliest) ready = [];
      earliest = at;
      ready.push(entry);
    }
    if (earliest === Number.POSITIVE_INFINITY) return false;
    turnsAtOnce = earliest > now ? 1 : turnsAtOnce + 1;
    if (turnsAtOnce > turnsAtOnceMax)
      throw new Error(`${turnsAtOnceMax} turns at ${timestamp(now)}, and no time passes`);
    now = earliest;
    const next = ready[Math.floor(random() * ready.length)]!;
    waiting.delete(next);
    next.resume();
    return true;
  }

  return {
    now: () => now,
    turn,
    pass(ms) {
      now += ms;
    },
    clockOf: (actor, offsetMs = () => 0) => ({
      now: () => now + offsetMs(),
      sleep: (ms, signal) => turn(actor, ms, signal),
    }),
    async until(promise) {
      let isSettled = false;
      const settle = (): void => {
        isSettled = true;
      };
      promise.then(settle, settle);
      for (;;) {
        // Everything between two turns is microtasks: after this nobody is in the middle of anything.
        await new Promise((resolve) => setImmediate(resolve));
        if (isSettled) return promise;
        if (++turns > turnsMax) throw new Error(`no end after ${turnsMax} turns`);
        if (!step()) throw new Error('everybody waits for ever');
      }
    },
  };
}
