import { isDeepStrictEqual } from 'node:util';
import { buildPlanning } from '../../app/planning.ts';
import { ownTags } from '../../app/release.ts';
import { canonicalJson } from '../../base/json.ts';
import type { BranchlineEvent } from '../../model/events.ts';
import { isManual } from '../../model/plan.ts';
import type { Project } from '../../model/project.ts';
import type { StateView } from '../../model/state.ts';
import { isNeverBegun } from '../../run/monitor.ts';
import type { MemoryState } from '../../simulate/memory-state.ts';
import { reportSimulation } from '../../simulate/report.ts';
import { resolveScenario } from '../../simulate/scenario.ts';
import { type Simulation, type SimulationInput, simulate } from '../../simulate/simulate.ts';
import { splitEventId } from '../../state/codec.ts';
import { emptyView } from '../../state/fold.ts';
import { assembleView } from '../../state/read.ts';
import { verifyState } from '../../state/verify.ts';
import { projectOf, sourceTreeOf } from '../project-builder.ts';
import { openBackfillAccounts } from './backfill-account.ts';
import { watchIdleJobs } from './idle-jobs.ts';
import { openLedger } from './ledger.ts';
import { eventsOf } from './play.ts';
import { isFirstLook, isHeadQuiet, quietBreach } from './quiet-heads.ts';
import type { RandomWorld } from './random-world.ts';
import { openReplay } from './replay.ts';
import { watchScripts } from './scripts-at-work.ts';

const FROM = Date.parse('2026-11-29T00:00:00Z');

/** How much a world held, to show that there was something to find. */
export interface WorldFigures {
  readonly commits: number;
  /** Judged one by one. */
  readonly events: number;
  readonly late: number;
  readonly runs: number;
  readonly materialized: number;
  readonly lostRunners: number;
  readonly waits: number;
  readonly backfills: number;
  /** Assets and partitions that asked for a run by themselves. */
  readonly asked: number;
  /** Of work that was shared out among jobs. */
  readonly waves: number;
  /** Wake-ups of which the state said that they have nothing to do. */
  readonly quiet: number;
  /** Runs that were given up since no machine began them. */
  readonly neverBegun: number;
}

/** Plays a world and names everything that must never be; empty = all is well. */
export async function judgeWorld(
  world: RandomWorld,
  options: { readonly twice?: boolean } = {},
): Promise<{ readonly wrong: readonly string[]; readonly figures: WorldFigures }> {
  const project = projectOf(world.files);
  const planning = buildPlanning(project, sourceTreeOf(world.files));
  const resolved = resolveScenario(
    { path: 'scenario.yml', text: world.scenario },
    { planning, view: emptyView('production'), from: FROM },
  );
  if (!resolved.plan) throw new Error(`no scenario: ${JSON.stringify(resolved.diagnostics.slice(0, 2))}`);
  const wrong: string[] = [];
  const told: BranchlineEvent[] = [];
  const say = (text: string): void => {
    if (wrong.length < 10 && !wrong.includes(text)) wrong.push(text);
  };
  const quiet = new Set<number>();
  const firstSeen = new WeakMap<object, number>();
  const ledger = openLedger(project, say);
  const replay = openReplay('production', say);
  const started = resolved.plan.started.map(({ work }) => work);
  const backfills = openBackfillAccounts(project, started, say);
  const scripts = watchScripts(project, say);
  const idle = watchIdleJobs(say);
  const { github, budgetMs } = resolved.plan;
  const input: SimulationInput = {
    planning,
    scenario: resolved.plan,
    from: FROM,
    until: FROM + world.hours * 3_600_000,
    seed: world.seed,
    quietFrom: FROM + world.troubleHours * 3_600_000,
    onLanded(change) {
      for (const event of replay.take(change)) {
        ledger.take(event);
        backfills.take(event);
      }
    },
    onCommit(events, after, state) {
      told.push(...events);
      for (const { id, type } of events) if (!ledger.has(id)) say(`${type} ${id} was confirmed and is not there`);
      judgeLimits(project, after, say);
      replay.compare(after);
      // The same from all bytes of the branch, snapshots and roll-ups with them, is what costs: now and then, and at the end.
      if (replay.commits % 16 === 0) judgeReplay(after, state, say);
    },
    onDecision(job, state, decision) {
      idle.onDecision(job, state, decision);
      if (job.work.kind !== 'tick' || !isFirstLook(firstSeen, job, state)) return;
      const breach = quietBreach(project, state, decision);
      if (breach !== undefined) say(breach);
      else if (isHeadQuiet(project, state)) quiet.add(job.number);
    },
    onScript(job, spec, side, at) {
      scripts.note(job, spec, side, at);
      idle.onScript(job, spec, side, at);
    },
  };
  const done = await simulate(input);
  judgeRecord(told, done, say);
  judgeEnds(done, say);
  judgeWaits(done, budgetMs, say);
  idle.judge(done, { setUpMs: github.setUpMs, budgetMs });
  judgeKeys(told, done, say);
  backfills.judge(finalView(done, say)?.backfills);
  const asked = judgeAutomation(told, say);
  const report = reportSimulation(input, done);
  if (options.twice) {
    const { onCommit: _, onScript: __, onLanded: ___, onDecision: ____, ...plain } = input;
    const again = await simulate(plain);
    if (JSON.stringify(reportSimulation(plain, again)) !== JSON.stringify(report))
      say('the same seed gave another outcome');
    if (!isDeepStrictEqual(again.state.files(), done.state.files())) say('the same seed gave other bytes of state');
  }
  const { totals, waits } = report;
  return {
    wrong,
    figures: {
      commits: replay.commits,
      events: ledger.events,
      late: ledger.late,
      runs: totals.runs,
      materialized: totals.materialized,
      lostRunners: report.github.lostRunners,
      waits: waits.reduce((sum, { runs }) => sum + runs, 0),
      backfills: report.backfills.length,
      asked,
      waves: report.fanOut?.waves ?? 0,
      quiet: quiet.size,
      neverBegun: told.filter((event) => event.type === 'run.ended' && event.failure && isNeverBegun(event.failure))
        .length,
    },
  };
}

/**
 * Nothing asks for a run twice for the same versions of what it reads, unless it was made in between, nor twice at one
 * tick. Yields how often something asked.
 */
export function judgeAutomation(told: readonly BranchlineEvent[], say: (text: string) => void): number {
  const handled = new Map<string, string>();
  const ticks = new Set<string>();
  const epochs = new Map<string, number>();
  let asked = 0;
  const handle = (asset: string, versions: readonly string[], keys: readonly string[] | undefined): void => {
    for (const [i, text] of versions.entries()) handled.set(`${asset}@${keys?.[i] ?? ''}`, text);
  };
  for (const event of told) {
    if (event.type === 'asset.materialized') handled.delete(`${event.asset}@${event.partition ?? ''}`);
    if (event.type === 'run.taken-over' && event.run !== undefined) epochs.set(event.run, event.epoch ?? 1);
    // A run that was taken over is older than what was made since, whatever its runner still does.
    if (event.type === 'step.started' && (event.epoch ?? 1) >= (epochs.get(event.run ?? '') ?? 1))
      for (const [asset, versions] of Object.entries(event.versions ?? {})) handle(asset, versions, event.partitions);
    if (event.type !== 'run.requested' || event.request.kind !== 'automation') continue;
    const { targets, keys } = event.request;
    for (const { asset, versions, tick } of targets) {
      for (const [i, text] of versions.entries()) {
        asked++;
        const name = `${asset}@${keys?.[i] ?? ''}`;
        if (tick === undefined && handled.get(name) === text) say(`${name} asks again for ${text}`);
        if (tick !== undefined && ticks.has(`${name} ${tick}`)) say(`${name} asks again at ${tick}`);
        ticks.add(`${name} ${tick ?? ''}`);
      }
      handle(asset, versions, keys);
    }
  }
  return asked;
}

/** No limit is exceeded, over all who hold anything; nobody holds what another does. */
export function judgeLimits(
  { operations }: Pick<Project, 'operations'>,
  view: StateView,
  say: (text: string) => void,
): void {
  const { queue, pools } = operations;
  const running = [...view.openRuns.values()].filter(({ state }) => state !== 'QUEUED');
  if (queue.maxConcurrentRuns >= 0 && running.length > queue.maxConcurrentRuns)
    say(`${running.length} runs at work, and ${queue.maxConcurrentRuns} places`);
  for (const { key, value, limit } of queue.tagLimits) {
    const counts = new Map<string, number>();
    for (const { tags } of running) {
      const own = ownTags(tags)[key];
      if (own === undefined || (value.kind === 'equals' && own !== value.text)) continue;
      const name = value.kind === 'any' ? '*' : own;
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    for (const [name, count] of counts) if (count > limit) say(`${count} runs of ${key}=${name}, and ${limit} places`);
  }
  const slots = new Map<string, number>();
  const holders = new Map<string, string>();
  for (const claim of view.claims.values()) {
    for (const [pool, held] of Object.entries(claim.slots ?? {})) slots.set(pool, (slots.get(pool) ?? 0) + held);
    const held = claim.assets.flatMap((asset) => claim.partitions?.[asset]?.map((key) => `${asset}@${key}`) ?? [asset]);
    for (const name of [...held, ...claim.connections.map((each) => `connection ${each.name}`)]) {
      const other = holders.get(name);
      if (other !== undefined && other !== claim.run) say(`${name} is held by ${other} and ${claim.run}`);
      holders.set(name, claim.run);
    }
  }
  for (const [pool, held] of slots)
    if (held > (pools[pool] ?? Number.POSITIVE_INFINITY))
      say(`${held} slots of pool ${pool} are held, and it has ${pools[pool]}`);
}

/** What the events give when they are read anew is what is believed. */
export function judgeReplay(after: StateView, state: MemoryState, say: (text: string) => void): void {
  const texts = state.files();
  const read = assembleView({ listing: [...texts.keys()].sort(), texts, environment: after.environment });
  if (!read.ok) {
    say(`cannot be read: ${JSON.stringify(read.error)}`);
    return;
  }
  const { view } = read.value;
  for (const part of ['assets', 'openRuns', 'claims', 'schedules', 'streams', 'writers'] as const)
    if (canonicalJson(sorted(view[part])) !== canonicalJson(sorted(after[part]))) say(`read anew, ${part} are others`);
}

function sorted(map: ReadonlyMap<string, unknown>): [string, unknown][] {
  return [...map].sort(([a], [b]) => (a < b ? -1 : 1));
}

/** What was confirmed is there, once; no stream has a gap; all sums and digests are right. */
export function judgeRecord(
  told: readonly BranchlineEvent[],
  { state }: Pick<Simulation, 'state'>,
  say: (text: string) => void,
): void {
  const files = state.files();
  const { problems } = verifyState(files, 'production');
  if (problems.length > 0) say(`state verify: ${JSON.stringify(problems.slice(0, 2))}`);
  const events = eventsOf(files);
  const last = new Map<string, number>();
  for (const { id } of events) {
    const { stream, n } = splitEventId(id)!;
    if (n !== (last.get(stream) ?? 0) + 1) say(`${id} follows number ${last.get(stream) ?? 0}`);
    last.set(stream, n);
  }
  const there = new Set(events.map(({ id }) => id));
  for (const { id, type } of told) if (!there.has(id)) say(`${type} ${id} was confirmed and is not there`);
  const made = events.flatMap((event) => (event.type === 'asset.materialized' ? [event.materialization] : []));
  if (new Set(made).size !== made.length) say('a materialization is recorded twice');
  const asked = events.flatMap((event) => (event.type === 'run.requested' ? [event.run] : []));
  if (new Set(asked).size !== asked.length) say('a run was asked for twice');
}

function finalView({ state }: Simulation, say: (text: string) => void): StateView | undefined {
  const texts = state.files();
  const read = assembleView({ listing: [...texts.keys()].sort(), texts, environment: 'production' });
  if (!read.ok) say(`cannot be read: ${JSON.stringify(read.error)}`);
  return read.ok ? read.value.view : undefined;
}

/** Every run ends, whatever fails: long after the last trouble nothing is open and nobody holds anything. */
function judgeEnds({ timeline }: Simulation, say: (text: string) => void): void {
  for (const run of timeline.runs.values())
    if (run.endedAt === undefined) say(`run ${run.run} has not ended (${run.waits.at(-1)?.wait.kind ?? 'at work'})`);
}

/** No run waits while all that it needs is free: no wake-up that came and went well left such a one behind. */
function judgeWaits({ timeline, jobs, refusals }: Simulation, budgetMs: number, say: (text: string) => void): void {
  // A backfill of what is missing may find nothing to do; any other refusal explains what is left.
  if ([...refusals.keys()].some((text) => !text.startsWith('No partition of '))) return;
  for (const run of timeline.runs.values())
    for (const { from, to, wait } of run.waits) {
      if (wait.kind !== 'no-wake-up') continue;
      const idle = jobs.find(
        (job) =>
          job.work.kind === 'tick' &&
          !job.isLost &&
          job.startedAt !== undefined &&
          job.startedAt > from &&
          job.endedAt !== undefined &&
          job.endedAt < to - 60_000 &&
          // A job whose time is over leaves work to the next.
          job.endedAt - job.startedAt < Math.min(25 * 60_000, (budgetMs * 5) / 6),
      );
      if (idle) say(`run ${run.run} was free from ${new Date(from).toISOString()}, and ${idle.name} left it`);
    }
}

/** A run over partitions makes each of its keys once, and no other. */
function judgeKeys(told: readonly BranchlineEvent[], { timeline }: Simulation, say: (text: string) => void): void {
  const made = new Map<string, Map<string, number>>();
  for (const event of told) {
    if (event.type !== 'asset.materialized' || event.partition === undefined || event.run === undefined) continue;
    const keys = made.get(event.run) ?? new Map<string, number>();
    const name = `${event.asset}@${event.partition}`;
    keys.set(name, (keys.get(name) ?? 0) + 1);
    made.set(event.run, keys);
  }
  for (const run of timeline.runs.values()) {
    const { request } = run;
    if (!isManual(request) || request.partitions === undefined || run.outcome !== 'SUCCESS') continue;
    const [first, last = first] = request.partitions.split('...');
    const days = (Date.parse(last!) - Date.parse(first!)) / 86_400_000 + 1;
    const own = made.get(run.run);
    if (run.work.length === 1 && own !== undefined && own.size !== days)
      say(`run ${run.run} of ${request.partitions} made ${[...own.keys()].join(', ')}`);
  }
}
