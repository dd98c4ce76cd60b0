// What happens at a call of a port by a simulated command: its turn comes, then what the weather brings, then its effect.

import type { SimulatedCommand, World } from './simulated-world.ts';

/** The process was killed in the middle of a synchronous call. */
class Killed extends Error {}

/** What a command that is gone gets for an answer. */
export const NEVER = new Promise<never>(() => undefined);
/** One call of a port: its turn comes, then what befalls it, then its effect, then the answer's way back. */
export async function called<T>(
  world: World,
  command: SimulatedCommand,
  call: string,
  work: () => Promise<T>,
): Promise<T> {
  await world.time.turn(command, Math.floor(world.random() * 200));
  notice(world, command, call, 'before');
  if (command.isGone) return NEVER;
  const answer = await work();
  notice(world, command, call, 'after');
  if (command.isGone) return NEVER;
  await world.time.turn(command, Math.floor(world.random() * 50));
  return answer;
}

/** Counts a call and tells the weather of it. */
export function notice(world: World, command: SimulatedCommand, call: string, side: 'before' | 'after'): void {
  if (side === 'before') command.calls++;
  world.weather.onCall?.(command, call, side);
}

/** The same for calls that do not wait. */
export function calledAtOnce<T>(world: World, command: SimulatedCommand, call: string, work: () => T): T {
  if (command.isGone) throw new Killed();
  notice(world, command, call, 'before');
  if (command.isGone) throw new Killed();
  const answer = work();
  notice(world, command, call, 'after');
  if (command.isGone) throw new Killed();
  return answer;
}
