import { afterEach, describe, expect, test } from 'vitest';
import { type ActionRig, makeActionRig } from '../src/testing/action-rig.ts';
import { runWave } from '../src/testing/fan-out.ts';
import { workflowDispatchEvent } from '../src/testing/github/events.ts';
import { unzipTexts } from '../src/testing/github/zip-listing.ts';
import { zipOf } from '../src/testing/zip.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const click = (command: string) => (place: { readonly sha: string }) =>
  workflowDispatchEvent({ ...place, inputs: { command, select: '*' }, branch: 'main' });
const everything = click('run');
const tick = (place: { readonly sha: string }) =>
  workflowDispatchEvent({ ...place, inputs: { command: 'tick' }, branch: 'main' });

const manifest = `name: shop
storage: { type: branch }
runners: { big: { runs-on: big } }
assets:
  a: { run: 'mkdir -p data; echo one > data/a.txt; echo x >> "$SHARED/a"', outputs: [data/a.txt] }
  b: { deps: [a], run: 'cat data/a.txt > data/b.txt; echo two >> data/b.txt', outputs: [data/b.txt], runner: big }
  c: { run: 'mkdir -p data; echo three > data/c.txt', outputs: [data/c.txt], runner: big }
`;
const show = (file: string): string => rig.github.show('refs/heads/branchline/data', file);

describe('files that a branch keeps, made by jobs that may not push', () => {
  test('travel as artifacts, and the last job pushes them with the state', async () => {
    rig = await makeActionRig({ 'branchline.yaml': manifest });
    const first = await runWave(rig, { event: everything, run: 11 });
    expect(first.finalize).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["a","c"]' } });
    expect([show('data/a.txt'), show('data/c.txt')]).toEqual(['one', 'three']);
    // Another machine reads from the branch what was made before.
    const second = await runWave(rig, { event: tick, run: 12 });
    expect(second.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["b"]' } });
    expect(show('data/b.txt')).toBe('one\ntwo');
    const { view, problems } = await rig.state();
    expect(problems).toEqual([]);
    const { blob } = view.assets.get('b')!.materialized!.files!['data/b.txt']!;
    expect(rig.github.sandbox.git(rig.github.origin, 'rev-parse', 'branchline/data:data/b.txt')).toBe(blob);
    const listed = await rig.commandLine(['outputs', 'list', '--environment', 'production', '--json']);
    expect(listed).toMatchObject({ code: 0 });
    expect(listed.stdout).not.toContain('"lost"');
  });

  test('and are lost or replaced on the way: such a step is not done, and the next wave does it', async () => {
    rig = await makeActionRig({ 'branchline.yaml': manifest });
    const cut = await runWave(rig, { event: everything, run: 21, finalizes: false });
    const { artifacts } = rig.github.results.artifacts;
    const data = artifacts.filter(({ name }) => name.startsWith('bl-data-'));
    expect(data.map(({ name }) => name).sort()).toEqual(['bl-data-s000-1-a1', 'bl-data-s001-1-a1']);
    artifacts.splice(
      artifacts.findIndex(({ name }) => name === 'bl-data-s000-1-a1'),
      1,
    );
    const finalized = await rig.run({
      event: everything,
      run: 21,
      action: 'finalize',
      job: 'finalize',
      permissions: { contents: 'write', actions: 'write' },
      runnerName: 'finalize 21',
      with: { 'plan-digest': cut.plan.outputs['plan-digest']! },
    });
    expect(finalized).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["c"]' } });
    expect(finalized.log).toContain('1 job of 2 (s000)');
    expect(show('data/c.txt')).toBe('three');
    expect(() => show('data/a.txt')).toThrow(/data\/a\.txt/);

    // The next wave makes it, and the one after what reads it.
    const next = await runWave(rig, { event: tick, run: 22 });
    expect(next.finalize).toMatchObject({ code: 0, outputs: { 'changed-assets': '["a"]' } });
    const last = await runWave(rig, { event: tick, run: 23 });
    expect(last.finalize).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["b"]' } });
    expect(show('data/b.txt')).toBe('one\ntwo');
    expect((await rig.state()).problems).toEqual([]);
  });

  test('and are claimed by a journal that somebody else wrote: nothing of that step counts, all else does', async () => {
    rig = await makeActionRig({ 'branchline.yaml': manifest });
    const cut = await runWave(rig, { event: everything, run: 31, finalizes: false });
    const service = rig.github.results.artifacts;
    const own = service.artifacts.findLast(({ name }) => name.startsWith('bl-journal-s000-'))!.name;
    const honest = unzipTexts(service.archive(own)!).get('journal.jsonl')!;
    // Its file takes the place of another asset's, which arrived as it should.
    const forged = honest.replaceAll('data/a.txt', 'data/c.txt');
    expect(forged).not.toBe(honest);
    service.plant(31, 1, 'bl-journal-s000-99-a1', zipOf([{ name: 'journal.jsonl', content: forged }]));
    const finalized = await rig.run({
      event: everything,
      run: 31,
      action: 'finalize',
      job: 'finalize',
      permissions: { contents: 'write', actions: 'write' },
      runnerName: 'finalize 31',
      with: { 'plan-digest': cut.plan.outputs['plan-digest']! },
    });
    expect(finalized).toMatchObject({ code: 0, outputs: { status: 'requeued', 'changed-assets': '["c"]' } });
    expect(finalized.annotations.map(({ title }) => title)).toContain('undeclared-file');
    expect(finalized.summary).toContain('it is a file of c');
    expect(show('data/c.txt')).toBe('three');
    const { view, problems } = await rig.state();
    expect(problems).toEqual([]);
    expect(view.assets.get('a')?.materialized).toBeUndefined();
  });
});
