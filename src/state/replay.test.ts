import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runEvents, STORY_START } from '../testing/state-story.ts';
import { emptyView, fold } from './fold.ts';
import { eventFilesBeyond, planReplay } from './replay.ts';

const DAY = 86_400_000;
const events = runEvents({ run: '20261122-a', assets: [{ asset: 'raw/a', outcome: 'success' }] });
const now = STORY_START + DAY;
const options = { now, force: false };
const viewAfter = (count: number) => {
  const at = new Date(STORY_START).toISOString();
  const view = fold(emptyView('production'), { seq: 1, writer: 'w', tx: 1, at, events: events.slice(0, count) });
  if (!view.ok) throw new Error(view.error.message);
  return view.value;
};

describe('a replay', () => {
  it('has exactly the events that do not count yet, wherever journal and state were cut', () => {
    fc.assert(
      fc.property(fc.nat(events.length), fc.nat(events.length), fc.nat(events.length), (known, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const plan = planReplay(viewAfter(known), events.slice(from, to), options);
        if (from > known && to > from) return !plan.ok && plan.error[0]!.kind === 'gap';
        if (!plan.ok) return false;
        expect(plan.value.fresh).toEqual(events.slice(Math.max(known, from), to));
        return true;
      }),
    );
  });

  it('says which event is missing', () => {
    expect(planReplay(viewAfter(2), events.slice(5), options)).toEqual({
      ok: false,
      error: [{ kind: 'gap', stream: '20261122-a.1', missing: 3, found: 6 }],
    });
    const holed = [...events.slice(0, 4), ...events.slice(5)];
    expect(planReplay(viewAfter(0), holed, options)).toMatchObject({ ok: false, error: [{ missing: 5, found: 6 }] });
  });

  it('refuses what is older than the memory of the state, unless forced', () => {
    const late = { now: STORY_START + 31 * DAY, force: false };
    expect(planReplay(viewAfter(0), events, late)).toMatchObject({ ok: false, error: [{ kind: 'old' }] });
    expect(planReplay(viewAfter(0), events, { ...late, force: true })).toMatchObject({ ok: true });
    // A stream that is known is told apart however old it is.
    expect(planReplay(viewAfter(3), events, late)).toMatchObject({ ok: true });
    expect(planReplay(viewAfter(0), events, { now: STORY_START + 29 * DAY, force: false }).ok).toBe(true);
  });
});

describe('files of another commit', () => {
  it('are looked at when the head has not the same bytes', () => {
    const entry = (path: string, blob: string) => ({ path, blob });
    const recent = (seq: number) => `recent/000000000${seq}-w-1.jsonl`;
    const segment = 'events/2026/11/22/0000000001-0000000002.jsonl';
    expect(
      eventFilesBeyond(
        [entry(recent(3), 'a'), entry(recent(4), 'b')],
        [
          entry(recent(5), 'e'),
          entry(recent(3), 'a'),
          entry(recent(4), 'x'),
          entry(segment, 's'),
          entry('README.md', 'r'),
        ],
      ),
    ).toEqual([segment, recent(4), recent(5)]);
  });
});
