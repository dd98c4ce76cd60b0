import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { type ActionEnd, type ActionRig, type EventOf, makeActionRig, schedule } from '../src/testing/action-rig.ts';
import { pushEvent, repositoryDispatchEvent, workflowDispatchEvent } from '../src/testing/github/events.ts';
import type { JobStart } from '../src/testing/github/workflow-sandbox.ts';

let rig: ActionRig;
afterEach(() => rig.stop());

const MINUTE_MS = 60_000;
/** An instant at a whole minute, some minutes ahead: a server whose clock is that much ahead is believed without a word. */
const soon = (): Date => new Date(Math.ceil((Date.now() + 3 * MINUTE_MS) / MINUTE_MS) * MINUTE_MS);
const cronOf = (at: Date): string => `${at.getUTCMinutes()} ${at.getUTCHours()} * * *`;
const manifest = (due: Date, more = ''): string => `name: shop
assets:
  a: { run: "true" }
schedules:
  nightly: { selection: "*", cron: "${cronOf(due)}" }
${more}`;

/** Whatever is looked at beyond the head takes a second fetch. */
const LOOK = ['advertise-fetch', 'date', 'fetch', 'fetch'];
/** Where all is here already, only words tell. */
const looked = ({ log }: ActionEnd): boolean => !log.includes('the newest commit of the state says so');

interface Woken extends ActionEnd {
  /** Requests to the git server. */
  readonly asked: readonly string[];
}

/** How far the server's clock is ahead of that of the machines. */
let aheadMs = 0;

async function wake(job: Partial<Omit<JobStart, 'event'> & { event: EventOf }> = {}): Promise<Woken> {
  const { requests } = rig.github.git;
  rig.github.git.date = new Date(Date.now() + aheadMs);
  const before = requests.length;
  const end = await rig.run({ event: schedule, ...job });
  return { ...end, asked: requests.slice(before).sort() };
}

/** A repository whose schedule is adopted, and due at an instant soon. */
async function quietRig(due: Date, more = '', files: Record<string, string> = {}): Promise<Woken> {
  rig = await makeActionRig({ 'branchline.yaml': manifest(due, more), ...files });
  aheadMs = 0;
  return wake();
}

const commits = async (): Promise<number> => (await rig.state()).log.length;

test('a second wake-up looks at the head, and says the same as one that looked at all', async () => {
  const due = soon();
  const full = await quietRig(due);
  expect(full).toMatchObject({ code: 0, outputs: { status: 'nothing' }, asked: expect.arrayContaining(['push']) });
  // Its head says nothing for a click, which looks at all of it.
  const click = await wake({ event: (place) => workflowDispatchEvent({ ...place, inputs: {}, branch: 'main' }) });
  expect(click.asked.length).toBeGreaterThan(LOOK.length);
  const before = await commits();
  const quiet = await wake();
  expect(quiet).toMatchObject({ code: 0, asked: LOOK, annotations: [], refusedCommands: [], droppedOutputs: [] });
  expect(quiet.outputs).toEqual(click.outputs);
  expect(quiet.post).toMatchObject({ code: 0, raw: '' });
  const at = `${due.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
  for (const { summary, log } of [click, quiet]) {
    expect(log).toContain(`${at}`);
    expect(summary).toMatch(/^### shop: nothing to do\n/);
    expect(summary).toContain(`**Next:** \`nightly\` at ${at}.`);
    expect(summary).toMatch(/1 minute billed on `ubuntu-latest` \(\$0\.006\)/);
    expect(summary).toContain('/acme/shop/tree/branchline/state)');
  }
  expect(quiet.log).toContain(`Nothing is due before ${at}, when nightly is next`);
  expect(await commits()).toBe(before);

  // At the instant it runs, once; the end of the run says until when it is quiet.
  aheadMs = due.getTime() - Date.now() + 1_000;
  const run = await wake();
  expect(run).toMatchObject({ code: 0, outputs: { status: 'success', 'changed-assets': '["a"]' } });
  expect(await wake()).toMatchObject({ outputs: { status: 'nothing', 'has-work': 'false' }, asked: LOOK });
  // A plan job has nothing for the others.
  const plan = await wake({ action: 'plan' });
  expect(plan).toMatchObject({ code: 0, asked: LOOK });
  expect(plan.outputs).toEqual({ status: 'nothing', 'has-work': 'false', matrix: '{"include":[]}' });
  expect((await rig.state()).problems).toEqual([]);
});

test('whatever decides is another is looked at', async () => {
  const due = soon();
  await quietRig(due, 'manifests: ["etl/*.yaml"]\n', { 'etl/b.yaml': 'assets: { b: { run: "true" } }\n' });
  expect((await wake()).asked).toEqual(LOOK);
  const looks = async (job: Parameters<typeof wake>[0]): Promise<boolean> => {
    const { code, outputs, asked } = await wake(job);
    expect({ code, status: outputs['status'] }).toEqual({ code: 0, status: 'nothing' });
    return asked.length > LOOK.length;
  };
  expect(await looks({ event: (place) => pushEvent({ ...place, branch: 'main' }) })).toBe(true);
  expect(await looks({ event: (place) => repositoryDispatchEvent({ ...place, type: 'tick' }) })).toBe(true);
  expect(await looks({ with: { 'dry-run': 'true' } })).toBe(true);
  // A newer commit of the code may say anything.
  rig.github.commit({ 'notes.txt': 'new' });
  expect(await looks({})).toBe(true);
});

test('on a machine that keeps its folders, whatever lies there is seen', async () => {
  await quietRig(soon(), 'manifests: ["etl/*.yaml"]\n', { 'etl/b.yaml': 'assets: { b: { run: "true" } }\n' });
  rig.github.git.date = new Date();
  const machine = rig.start({ event: schedule, isSelfHosted: true });
  await rig.end(machine);
  const here = { machine, isSelfHosted: true };
  expect(looked(await wake(here))).toBe(false);
  // A manifest is edited, or added, by a step before.
  const file = (name: string): string => join(machine.workspace, name);
  const own = readFileSync(file('branchline.yaml'), 'utf8');
  writeFileSync(file('branchline.yaml'), `${own}# edited\n`);
  expect(looked(await wake(here))).toBe(true);
  writeFileSync(file('branchline.yaml'), own);
  expect(looked(await wake(here))).toBe(false);
  writeFileSync(file('etl/c.yaml'), 'assets: { c: { run: "true" } }\n');
  expect(looked(await wake(here))).toBe(true);
  rmSync(file('etl/c.yaml'));
  // A journal that a process left has to be taken in.
  const journals = join(machine.temp, 'branchline', 'shop', 'journals', 'production');
  mkdirSync(journals, { recursive: true });
  writeFileSync(join(journals, 'w1.jsonl'), '');
  expect(looked(await wake(here))).toBe(true);
  rmSync(journals, { recursive: true });
  expect(looked(await wake(here))).toBe(false);

  // The branch is forced back: that is told, once, though the older head says that nothing is due.
  const { sandbox, origin } = rig.github;
  const older = rig.github.head('refs/heads/branchline/state')!;
  const click: EventOf = (place) => workflowDispatchEvent({ ...place, inputs: { command: 'run', select: 'key:a' } });
  expect(await wake({ ...here, event: click })).toMatchObject({ outputs: { status: 'success' } });
  expect(looked(await wake(here))).toBe(false);
  sandbox.git(origin, 'update-ref', 'refs/heads/branchline/state', older);
  const forced = await wake(here);
  expect(forced.log).toContain('it was forced back, or begun anew');
  expect(forced).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
  const again = await wake(here);
  expect(again).toMatchObject({ outputs: { status: 'nothing' } });
  expect(looked(again)).toBe(false);
  expect(again.log).not.toContain('forced back');
});

test('a message that was copied or edited is not believed', async () => {
  await quietRig(soon());
  expect((await wake()).asked).toEqual(LOOK);
  const { sandbox, origin } = rig.github;
  const state = 'refs/heads/branchline/state';
  const was = rig.github.head(state)!;
  const message = sandbox.git(origin, 'log', '-1', '--format=%B', was);
  const rewrite = (text: string, ...parents: string[]): void => {
    const options = parents.flatMap((parent) => ['-p', parent]);
    const tree = `${was}^{tree}`;
    sandbox.git(origin, 'update-ref', state, sandbox.git(origin, 'commit-tree', tree, ...options, '-m', text));
  };
  rewrite(message, was);
  expect((await wake()).asked.length).toBeGreaterThan(LOOK.length);
  rewrite(message.replace(/(Branchline-Quiet: 1 )2/, '$13'));
  expect((await wake()).asked.length).toBeGreaterThan(LOOK.length);
});

test('what cannot be reached, or may not be read, is said as ever', async () => {
  await quietRig(soon());
  rig.github.git.fail('advertise-fetch', 403, 1_000);
  const refused = await wake();
  expect(refused).toMatchObject({ code: 3, outputs: { status: 'refused' } });
  expect(refused.summary).toContain('contents: write');
  rig.github.git.mend();
  rig.github.git.fail('fetch', 'drop-reply', 1);
  expect(await wake()).toMatchObject({ code: 0, outputs: { status: 'nothing' } });
});
