import { afterEach, beforeEach, expect, test } from 'vitest';
import type { CliProject, RunJson } from '../src/testing/cli-project.ts';
import type { GitHttpServer, GitRequestKind } from '../src/testing/git-http.ts';
import { makeServedProject } from '../src/testing/served-project.ts';

/** A run of production that is killed, or cut off, at a request to the server: what is recorded is whole, and once. */
const files = {
  'branchline.yaml': `name: cut
assets:
  raw/a: { run: "mkdir -p data && echo 1 > data/a.csv", outputs: [data/a.csv] }
  raw/b: { deps: [raw/a], run: "cp data/a.csv data/b.csv", outputs: [data/b.csv] }
`,
};
const production = ['--environment', 'production', '--yes'];

let project: CliProject;
let server: GitHttpServer;
beforeEach(async () => {
  ({ project, server } = await makeServedProject(files));
  // There is a state already: what a crash must not damage.
  await project.json(['run', '--select', 'key:raw/a', ...production]);
});
afterEach(async () => {
  await server.stop();
  project.remove();
});

async function mustBeWhole(): Promise<void> {
  const { view, problems } = await project.state('production');
  expect(problems).toEqual([]);
  expect([view.claims.size, view.openRuns.size]).toEqual([0, 0]);
  for (const key of ['raw/a', 'raw/b']) expect(view.assets.get(key)?.attempt?.outcome).toBe('success');
  const made = [...(view.days.values().next().value ?? [])].find(([scope]) => scope === 'project')?.[1].materialized;
  const steps = [...view.endedRuns.values()].flatMap((run) => Object.values(run.steps));
  expect(made).toBe(steps.flatMap((step) => step.materialized).length);
}

/** The requests of a run, one kind at a time and the how-manieth of it: before the claim, and after the steps. */
const places: readonly (readonly [GitRequestKind, number])[] = [
  ['advertise-fetch', 1],
  ['advertise-push', 1],
  ['push', 1],
  ['advertise-fetch', 2],
  ['advertise-push', 2],
  ['push', 2],
];

test.each(places)('kill -9 when request %s number %i has come, before it is served', async (kind, number) => {
  const started = project.start(['run', '--json', '--select', '*', ...production]);
  let seen = 0;
  server.onRequest = (request) => {
    if (request !== kind || ++seen !== number) return;
    started.child.kill('SIGKILL');
  };
  const end = await started.end;
  expect(end.signal).toBe('SIGKILL');
  server.onRequest = undefined;
  const next = await project.json<RunJson>(['run', '--select', '*', ...production]);
  expect(next.state).toBe('SUCCESS');
  await mustBeWhole();
});

test.each([1, 2])(
  'the line is cut in the middle of push number %i: nothing is lost, nothing is made twice',
  async (number) => {
    let seen = 0;
    server.onRequest = (request) => {
      if (request === 'push' && ++seen === number) server.fail('push', number === 1 ? 'drop-request' : 'drop-reply', 1);
    };
    const run = await project.json<RunJson>(['run', '--select', '*', ...production]);
    expect(run).toMatchObject({ state: 'SUCCESS', counts: { materialized: 2 } });
    await mustBeWhole();
    expect((await project.state('production')).view.endedRuns.size).toBe(2);
  },
);
