/**
 * Steps that one process has at work at once, shared by its runs: each may have its part, and what another one does not
 * want.
 */
export interface StepPlaces {
  /** `wake` is called when a place has become free that the run may take. */
  join(run: string, wake: () => void): void;
  leave(run: string): void;
  started(run: string): void;
  ended(run: string): void;
  /** Whether the run has steps that could start if there were a place. */
  setHungry(run: string, isHungry: boolean): void;
  /** Steps that the run may have at work now, with those that it has. */
  mostOf(run: string): number;
}

interface Guest {
  running: number;
  isHungry: boolean;
  readonly wake: () => void;
}

export function openStepPlaces(total: number): StepPlaces {
  const guests = new Map<string, Guest>();
  const used = (): number => [...guests.values()].reduce((sum, { running }) => sum + running, 0);
  return {
    join: (run, wake) => void guests.set(run, { running: 0, isHungry: false, wake }),
    leave(run) {
      guests.delete(run);
      for (const guest of guests.values()) guest.wake();
    },
    started: (run) => void guests.get(run)!.running++,
    ended(run) {
      const own = guests.get(run);
      if (own) own.running--;
      for (const [other, guest] of guests) if (other !== run && guest.isHungry) guest.wake();
    },
    setHungry(run, isHungry) {
      guests.get(run)!.isHungry = isHungry;
    },
    mostOf(run) {
      const own = guests.get(run)!.running;
      const free = Math.max(0, total - used());
      const share = Math.ceil(total / guests.size);
      const othersWant = [...guests].some(([other, guest]) => other !== run && guest.isHungry && guest.running < share);
      return own + (othersWant ? Math.max(0, Math.min(free, share - own)) : free);
    },
  };
}
