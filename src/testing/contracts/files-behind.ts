import { expect, it } from 'vitest';
import type { StateStore, StateTreeEntry } from '../../ports-state.ts';
import { land, must, stateChange } from './state-changes.ts';

const AT = Date.parse('2026-11-23T00:00:00Z');
/** So many that they are not small beside what a push of names takes. */
const BYTES = 20_000;
const DAYS = ['2026/11/20', '2026/11/21', '2026/11/22'];

function dayFiles(): Record<string, string> {
  const files: [string, string][] = DAYS.flatMap((day) => [
    [`events/${day}/1-2.jsonl`, `${day} ${'e'.repeat(BYTES)}\n`],
    [`runs/${day}/0001.jsonl`, `${day} run\n`],
  ]);
  return Object.fromEntries(files);
}

const ofDay = (entries: readonly StateTreeEntry[], day: string): StateTreeEntry[] =>
  entries.filter(({ path }) => path.includes(day));

/** What every store does with files that leave the tree of the head: they stay reachable, and no reader of the head sees them. */
export function filesBehindContract(open: () => Promise<StateStore>): void {
  /** Three days by one writer; then a day leaves with each commit, each by a writer of its own that knows nothing. */
  async function twoDaysGone(): Promise<{ readonly head: string; readonly tip: string; readonly trees: string[] }> {
    const first = await open();
    await first.read();
    let head = await land(first, undefined, stateChange(1, 'a', 1, dayFiles()));
    let tip: string | undefined;
    const trees: string[] = [];
    for (const [i, day] of DAYS.slice(0, 2).entries()) {
      const store = await open();
      must(await store.read());
      const entries = ofDay(must(await store.list(head, '')), day);
      expect(entries).toHaveLength(2);
      const [kept] = must(await store.keepBehind([{ tip, groups: [{ name: day, entries }] }], AT + i));
      const gone = Object.fromEntries(entries.map(({ path }) => [path, null]));
      const change = { ...stateChange(2 + i, `b${i}`, 1, gone), behind: [kept!.tip] };
      head = await land(store, head, change);
      ({ tip } = kept!);
      trees.push(...kept!.trees);
    }
    return { head, tip: tip!, trees };
  }

  async function expectReadable(trees: readonly string[]): Promise<void> {
    const reader = await open();
    must(await reader.read());
    const entries = must(await reader.listBehind(trees));
    const before = Object.entries(dayFiles()).filter(([path]) => !path.includes(DAYS[2]!));
    expect(entries.map(({ path }) => path)).toEqual(before.map(([path]) => path).sort());
    const texts = must(await reader.loadBlobs(entries.map(({ blob }) => blob)));
    expect(entries.map(({ blob }) => texts.get(blob))).toEqual(entries.map(({ path }) => dayFiles()[path]));
  }

  it('keeps files that leave the tree, for whoever asks for them by their trees', async () => {
    const { head, trees } = await twoDaysGone();
    const reader = await open();
    const read = must(await reader.read());
    expect(read.commit).toBe(head);
    expect(must(await reader.list(head, 'events/')).map(({ path }) => path)).toEqual([`events/${DAYS[2]}/1-2.jsonl`]);
    await expectReadable(trees);
    // The log is that of the head, without what keeps the files.
    expect(must(await reader.log(10)).map(({ subject }) => subject)).toEqual(
      [3, 2, 1].map((n) => `state: commit ${n}`),
    );
    expect(must(await reader.log(10, head))).toHaveLength(3);
    expect(must(await reader.listBehind([]))).toEqual([]);
  });

  it('keeps them behind a history that is begun anew, also when the one before is dropped', async () => {
    const { head, tip, trees } = await twoDaysGone();
    const store = await open();
    must(await store.read());
    const outcome = await store.compact(head, 3, { ...stateChange(4, 'c', 1), behind: [tip] });
    const anew = outcome.kind === 'landed' ? outcome.commit : JSON.stringify(outcome);
    expect(must(await store.log(10)).map(({ subject }) => subject)).toEqual(
      [4, 3, 2, 1].map((n) => `state: commit ${n}`),
    );
    must(await store.dropArchives(must(await store.archives())));
    const reader = await open();
    expect(must(await reader.read()).commit).toBe(anew);
    expect(must(await reader.log(10)).map(({ subject }) => subject)).toEqual(['state: commit 4']);
    await expectReadable(trees);
    // And the chain goes on behind it.
    const entries = ofDay(must(await reader.list(anew, '')), DAYS[2]!);
    const [kept] = must(await reader.keepBehind([{ tip, groups: [{ name: 'last', entries }] }], AT + 9));
    const gone = Object.fromEntries(entries.map(({ path }) => [path, null]));
    await land(reader, anew, { ...stateChange(5, 'd', 1, gone), behind: [kept!.tip] });
    const last = await open();
    const all = must(await last.listBehind([...trees, ...kept!.trees]));
    expect(all.map(({ path }) => path)).toEqual(Object.keys(dayFiles()).sort());
  });

  it('begins several chains at once, and the tree of a group is what its files are', async () => {
    const store = await open();
    await store.read();
    const head = await land(store, undefined, stateChange(1, 'a', 1, dayFiles()));
    const entries = must(await store.list(head, ''));
    const groups = DAYS.map((day) => ({ name: day, entries: ofDay(entries, day) }));
    const kept = must(
      await store.keepBehind(
        [
          { tip: undefined, groups: groups.slice(0, 2) },
          { tip: undefined, groups: groups.slice(1) },
        ],
        AT,
      ),
    );
    const [[one, two], [again, three]] = kept.map(({ trees }) => trees) as [string[], string[]];
    expect(again).toBe(two);
    const gone = Object.fromEntries(Object.keys(dayFiles()).map((path) => [path, null]));
    await land(store, head, { ...stateChange(2, 'a', 2, gone), behind: kept.map(({ tip }) => tip) });
    const reader = await open();
    must(await reader.read());
    const all = must(await reader.listBehind([one!, two!, three!]));
    expect(all).toEqual(entries.filter(({ path }) => /^(events|runs)\//.test(path)));
  });
}
