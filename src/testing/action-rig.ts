import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { openStateStore } from '../adapters/git-state-store.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { verifyStore } from '../app/state-commands.ts';
import { readState } from '../app/state-reading.ts';
import type { StateView } from '../model/state.ts';
import type { StateCommit } from '../ports-state.ts';
import { type CliEnd, enginesFolder, startNode } from './cli-project.ts';
import { scheduleEvent, type WorkflowEvent, workflowDispatchEvent } from './github/events.ts';
import type { PhaseEnd } from './github/runner.ts';
import {
  type JobStart,
  makeWorkflowSandbox,
  type StartedJob,
  type WorkflowSandbox,
} from './github/workflow-sandbox.ts';

/** How a step of the Action ended, `post` as well. */
export interface ActionEnd extends PhaseEnd {
  /** Absent when the machine was gone. */
  readonly post?: PhaseEnd;
}

/** The Action on a GitHub of its own, with one project: `shop`. */
export interface ActionRig {
  readonly github: WorkflowSandbox;
  /** Absolute folder that steps of all jobs see as `$SHARED`: how a test and a step wait for each other. */
  readonly shared: string;
  start(job: Omit<JobStart, 'event'> & { readonly event: EventOf }): StartedJob;
  /** Lets a started job come to its end, and `post` after it. */
  end(job: StartedJob): Promise<ActionEnd>;
  /** Runs a job to its end. */
  run(job: Omit<JobStart, 'event'> & { readonly event: EventOf }): Promise<ActionEnd>;
  /** The built command line, as somebody with a clone of the repository calls it; confirms what it asks. */
  commandLine(args: readonly string[]): Promise<CliEnd>;
  /** The state of production, and all that is wrong with it. */
  state(): Promise<{
    readonly view: StateView;
    readonly problems: readonly unknown[];
    readonly log: readonly StateCommit[];
  }>;
  /** Every commit and every file that was ever pushed, as text: to look for what must not be there. */
  allBytes(): string;
  stop(): Promise<void>;
}

/** An event at a commit, which is the newest of a branch unless it says otherwise. */
export type EventOf = (place: { readonly sha: string }) => WorkflowEvent;

/** A schedule's own event. */
export const schedule: EventOf = (place) => scheduleEvent(place);

/** Somebody clicks on "Run workflow", with these inputs. */
export const click =
  (inputs: Readonly<Record<string, string>>, branch = 'main'): EventOf =>
  (place) =>
    workflowDispatchEvent({ ...place, inputs, branch });

/** Makes the repository with these files on `main`. */
export async function makeActionRig(files: Readonly<Record<string, string>>): Promise<ActionRig> {
  const github = await makeWorkflowSandbox({ dist: builtFolder() });
  github.commit({ '.gitignore': 'data/\n', ...files });
  const { sandbox, origin } = github;
  const shared = path.join(sandbox.root, 'shared');
  mkdirSync(shared);
  const start: ActionRig['start'] = ({ event, ...job }) => {
    const probe = event({ sha: '0'.repeat(40) });
    const branch = probe.ref.startsWith('refs/heads/') ? probe.ref : 'refs/heads/main';
    const sha = commitOf(job.checkout) ?? github.head(branch) ?? github.head('refs/heads/main')!;
    const env = { SHARED: shared, BRANCHLINE_ENGINES: enginesFolder, ...job.env };
    return github.start({ ...job, event: event({ sha }), checkout: job.checkout ?? sha, env });
  };
  const end: ActionRig['end'] = async (job) => {
    const main = await job.main;
    const post = await job.post();
    return post === undefined ? main : { ...main, post };
  };
  const clone = path.join(sandbox.root, 'clone');
  sandbox.git(sandbox.root, 'clone', '--quiet', origin, clone);
  const bytes = (id: string): string => sandbox.git(origin, 'cat-file', '-p', id);
  return {
    github,
    shared,
    start,
    end,
    run: (job) => end(start(job)),
    commandLine: (args) => {
      const env = { ...sandbox.env, BRANCHLINE_ENGINES: enginesFolder };
      return startNode([path.join(builtFolder(), 'cli.js'), ...args], { cwd: clone, env }).end;
    },
    state: () => stateOf(clone, sandbox.env),
    allBytes() {
      const format = '--batch-check=%(objectname) %(objecttype)';
      const objects = sandbox.git(origin, 'cat-file', '--batch-all-objects', format).split('\n');
      return objects
        .filter((line) => /(blob|commit)$/.test(line))
        .map((line) => bytes(line.split(' ')[0]!))
        .join('\n');
    },
    stop: () => github.stop(),
  };
}

function builtFolder(): string {
  const cli = process.env['BRANCHLINE_TEST_CLI'];
  if (cli === undefined) throw new Error('the suite has not built the Action (test/built-cli.ts)');
  return path.dirname(cli);
}

async function stateOf(
  projectRoot: string,
  env: Readonly<Record<string, string | undefined>>,
): ReturnType<ActionRig['state']> {
  const [projectName, environment] = ['shop', 'production'] as const;
  const options = { projectRoot, projectName, branch: 'branchline/state', remote: 'origin', environment, env };
  const store = await openStateStore(options);
  if (!store.ok) throw new Error(store.error.message);
  const read = await readState({ store: store.value, environment, projectName, clock: systemClock });
  if (!read.ok) throw new Error(read.error.message);
  const verified = await verifyStore(store.value, environment, undefined);
  const log = await store.value.log(100);
  if (!verified.ok || !log.ok) throw new Error('the state cannot be read');
  return { view: read.value.read.view, problems: verified.value.problems, log: log.value };
}

function commitOf(checkout: string | undefined): string | undefined {
  return checkout === 'none' ? undefined : checkout;
}
