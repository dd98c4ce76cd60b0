import { beforeEach, describe, expect, it } from 'vitest';
import type { Journals } from '../../ports-state.ts';

/** Processes of one machine and its folder of journals. */
export interface JournalsRig {
  /** The journals as a process sees them, which lives until it is ended. */
  start(): { readonly journals: Journals; end(): void };
}

/** What every `Journals` does, in memory and on disk. */
export function journalsContract(name: string, makeRig: () => JournalsRig): void {
  describe(`journals: ${name}`, () => {
    let rig: JournalsRig;
    beforeEach(() => {
      rig = makeRig();
    });
    const adopted = (journals: Journals) => journals.adopt().map(({ writer, lines }) => [writer, ...lines]);

    it('are adopted once their owner is gone, without what was confirmed', () => {
      const first = rig.start();
      const journal = first.journals.open('w1');
      journal.append(['1', '2'], false);
      journal.append(['3'], true);
      journal.confirm(1);
      expect(adopted(rig.start().journals)).toEqual([]);
      first.end();
      expect(adopted(rig.start().journals)).toEqual([['w1', '2', '3']]);
    });

    it('count what is confirmed from the first line', () => {
      const first = rig.start();
      const journal = first.journals.open('w1');
      journal.append(['1', '2'], false);
      journal.confirm(2);
      journal.append(['3', '4'], false);
      journal.confirm(3);
      first.end();
      expect(adopted(rig.start().journals)).toEqual([['w1', '4']]);
    });

    it('are nobody else’s while somebody holds them, and free again when that one is gone or gives them back', () => {
      const first = rig.start();
      first.journals.open('w1').append(['1'], false);
      first.end();
      const [second, third, fourth] = [rig.start(), rig.start(), rig.start()];
      const [held] = second.journals.adopt();
      expect(adopted(third.journals)).toEqual([]);
      held!.release();
      expect(adopted(third.journals)).toEqual([['w1', '1']]);
      third.end();
      const [last] = fourth.journals.adopt();
      expect(last?.lines).toEqual(['1']);
      last!.discard();
      fourth.end();
      expect(adopted(rig.start().journals)).toEqual([]);
    });

    it('leave nothing when they are closed, or when nothing was written', () => {
      const first = rig.start();
      first.journals.open('w0');
      const journal = first.journals.open('w1');
      journal.append(['1'], false);
      journal.close();
      first.end();
      expect(adopted(rig.start().journals)).toEqual([]);
    });

    it('set lines aside where nobody adopts them', () => {
      const first = rig.start();
      const places = ['1', '2'].map((line) => first.journals.setAside('w1', [line]));
      expect(new Set(places).size).toBe(2);
      first.end();
      expect(adopted(rig.start().journals)).toEqual([]);
    });
  });
}
