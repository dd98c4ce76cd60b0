import { expect, test } from 'vitest';
import type { ProcessIdentity } from '../model/events.ts';
import { assembleView } from '../state/read.ts';
import { projectOf, sourceTreeOf } from '../testing/project-builder.ts';
import { createWorld, end } from '../testing/simulation/world.ts';
import { buildPlanning } from './planning.ts';
import { describeQueue, queueLines } from './queue-command.ts';

test('a run whose process is gone is called so, where somebody can tell', async () => {
  const files = { 'branchline.yaml': 'name: left\nassets: { a: { run: make a } }\n' };
  const planning = buildPlanning(projectOf(files), sourceTreeOf(files));
  const world = createWorld({ seed: 1, start: Date.parse('2026-11-22T06:00:00Z'), planning });
  const run = world.start(world.machine('here', 'laptop'), { kind: 'run', selection: 'key:a' });
  const watch = async (): Promise<void> => {
    const idle = { name: 'observer', isGone: false, frozenUntil: 0 };
    while (![...world.working.values()].some(({ size }) => size > 0)) await world.time.turn(idle, 1_000);
  };
  await world.time.until(watch());
  end(world, run);
  const texts = world.server.files();
  const read = assembleView({ listing: [...texts.keys()], texts, environment: 'production' });
  if (!read.ok) throw new Error(JSON.stringify(read.error));
  const lineOf = async (isGone?: (holder: ProcessIdentity) => boolean) => {
    const report = await describeQueue(planning, read.value.view, world.time.now(), isGone);
    if (!report.ok) throw new Error(JSON.stringify(report.error));
    const [line] = report.value.runs;
    return { line, text: queueLines(report.value, world.time.now())[1]! };
  };
  const asked: number[] = [];
  const gone = await lineOf(({ pid }) => {
    asked.push(pid);
    return true;
  });
  expect(asked).toEqual([run.pid]);
  expect(gone.line).toMatchObject({ state: 'STARTED', holderGone: true });
  expect(gone.text).toMatch(/^STARTED .*\(process 1, since .*\); its process is gone: the next tick takes it over$/);
  for (const other of [await lineOf(() => false), await lineOf()]) {
    expect(other.line).not.toHaveProperty('holderGone');
    expect(other.text).toMatch(/^STARTED .*UTC\)$/);
  }
});
