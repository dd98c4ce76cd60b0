import { expect, test } from 'vitest';
import { type Actor, createVirtualTime, seededRandom } from './virtual-time.ts';

const START = Date.parse('2026-11-30T00:00:00Z');

function worker(): Actor {
  return { name: 'worker', isGone: false, frozenUntil: 0 };
}

test('work that goes on though no time passes is told, and does not hang', async () => {
  const time = createVirtualTime(START, seededRandom(1), { turns: 1000, turnsAtOnce: 50 });
  const actor = worker();
  const loop = async (): Promise<never> => {
    for (;;) await time.turn(actor);
  };
  await expect(time.until(loop())).rejects.toThrow('50 turns at 2026-11-30T00:00:00.000Z, and no time passes');
});

test('as many turns are fine where time passes in between', async () => {
  const time = createVirtualTime(START, seededRandom(1), { turns: 1000, turnsAtOnce: 50 });
  const actor = worker();
  const work = async (): Promise<void> => {
    for (let n = 0; n < 200; n++) await time.turn(actor, n % 40 === 0 ? 1 : 0);
  };
  await time.until(work());
  expect(time.now()).toBe(START + 5);
});
