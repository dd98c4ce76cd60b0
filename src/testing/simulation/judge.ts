import type { BranchlineEvent } from '../../model/events.ts';
import { epochMs } from '../../model/instant.ts';
import { decodeEvent, splitEventId } from '../../state/codec.ts';
import { assembleView } from '../../state/read.ts';
import { verifyState } from '../../state/verify.ts';
import { everRecorded, type Played } from './play.ts';

/** Codes of refusals that a damaged world may cause; each says what to do. Anything else is a bug. */
const REFUSALS = new Set([
  'held',
  'run-lost',
  'state-canceled',
  'state-deleted',
  'state-denied',
  'state-forced-back',
  'state-gone',
  'state-outrun',
  'state-unreachable',
]);

/** Everything that a schedule left in another way than a model of the branch allows, as sentences; empty = all is well. */
export function judge(played: Played): string[] {
  const { world } = played;
  const files = world.server.files();
  const { problems } = verifyState(files, 'production');
  if (problems.length > 0) return [`state verify: ${JSON.stringify(problems.slice(0, 3))}`];
  const events = everRecorded(world.server);
  return [
    ...judgeNumbers(events),
    ...judgeFacts(played, events),
    ...judgeTicks(events, played),
    ...judgeRuns(played, events),
    ...judgeView(played, events),
    ...judgeMessages(played),
    ...world.commands.flatMap(({ breaches }) => breaches),
    ...played.doubleWork.map((text) => `the same work twice at once: ${text}`),
  ];
}

/** No event twice, no stream with a gap. */
function judgeNumbers(events: readonly BranchlineEvent[]): string[] {
  const wrong: string[] = [];
  const last = new Map<string, number>();
  for (const { id } of events) {
    const { stream, n } = splitEventId(id)!;
    if (n !== (last.get(stream) ?? 0) + 1) wrong.push(`${id} follows number ${last.get(stream) ?? 0}`);
    last.set(stream, n);
  }
  return wrong;
}

const what = (event: BranchlineEvent): string =>
  JSON.stringify([event.type, event.at, 'asset' in event ? event.asset : '', 'outcome' in event ? event.outcome : '']);

/** What a command was told is recorded, and what a journal took, is there. */
function judgeFacts({ world, forgotten, machines }: Played, events: readonly BranchlineEvent[]): string[] {
  const wrong: string[] = [];
  const there = new Map(events.map((event) => [event.id, event]));
  for (const command of world.commands) {
    for (const event of command.acknowledged.flat()) {
      if (forgotten.has(event.id)) continue;
      const found = there.get(event.id);
      if (!found) wrong.push(`confirmed to ${command.name} and not there: ${event.id} ${event.type}`);
      else if (what(found) !== what(event))
        wrong.push(`confirmed as ${what(event)}, there as ${what(found)}: ${event.id}`);
    }
  }
  const aside = new Set(machines.flatMap(({ disk }) => [...disk.aside.values()].flat()));
  for (const line of world.journaled) {
    const event = decodeEvent(line, 'journal', 0);
    if (!event.ok) {
      wrong.push(`a line of a journal does not parse: ${line}`);
      continue;
    }
    const { id, type } = event.value;
    if (aside.has(line) || forgotten.has(id)) continue;
    const found = there.get(id);
    if (!found) wrong.push(`in a journal and nowhere else: ${id} ${type}`);
    else if (what(found) !== what(event.value))
      wrong.push(`${id} is ${what(event.value)} in a journal and ${what(found)} there`);
  }
  for (const { name, disk } of machines)
    if (disk.pending().length > 0) wrong.push(`a journal of ${name} was never taken in`);
  return wrong;
}

/** Each tick once, and none left out since the schedule began. */
function judgeTicks(events: readonly BranchlineEvent[], { world }: Played): string[] {
  const wrong: string[] = [];
  const judged = new Set<string>();
  let until = '';
  for (const event of events) {
    if (event.type === 'schedule.evaluated' && event.until > until) until = event.until;
    if (event.type !== 'tick.judged') continue;
    if (judged.has(event.tick)) wrong.push(`tick ${event.tick} was judged twice`);
    judged.add(event.tick);
  }
  const adopted = events.find((event) => event.type === 'schedule.adopted');
  if (!adopted) return [...wrong, 'the schedule was never adopted'];
  const missed = events.filter((event) => event.type === 'ticks.missed');
  const hour = 3_600_000;
  const end = Math.min(world.time.now() - hour, until === '' ? 0 : epochMs(until));
  for (let tick = Math.ceil((epochMs(adopted.from) + 1) / hour) * hour; tick <= end; tick += hour) {
    const text = new Date(tick).toISOString();
    if (!judged.has(text) && !missed.some(({ after, until: to }) => text > after && text <= to))
      wrong.push(`tick ${text} was never judged`);
  }
  return wrong;
}

/** Each run was asked for once and ended once; what came later is late and changes nothing. */
function judgeRuns(_: Played, events: readonly BranchlineEvent[]): string[] {
  const wrong: string[] = [];
  const count = new Map<string, number>();
  for (const event of events) {
    if (event.type !== 'run.requested' && event.type !== 'run.started') continue;
    const key = `${event.type} ${event.run}`;
    count.set(key, (count.get(key) ?? 0) + 1);
    if (count.get(key) === 2) wrong.push(`${key} twice`);
  }
  return wrong;
}

/** Nothing is held or open, and the sums are those of the events. */
function judgeView({ world }: Played, events: readonly BranchlineEvent[]): string[] {
  const texts = world.server.files();
  const read = assembleView({ listing: [...texts.keys()].sort(), texts, environment: 'production' });
  if (!read.ok) return [`cannot be read: ${JSON.stringify(read.error)}`];
  const { view } = read.value;
  const wrong: string[] = [];
  for (const claim of view.claims.keys()) wrong.push(`claim ${claim} is still there`);
  for (const [run, { state }] of view.openRuns) wrong.push(`run ${run} is still ${state}`);
  const sums = { materialized: 0, checksExecuted: 0 };
  // The view has the newest days; older ones are in files of their own and checked by `verify`.
  for (const [day, cells] of view.days)
    if (day >= '2026-11-22') {
      sums.materialized += cells.get('project')?.materialized ?? 0;
      sums.checksExecuted += cells.get('project')?.checksExecuted ?? 0;
    }
  const isWhole = ![...texts.keys()].some(
    (path) => path.startsWith('rollups/day/') && !view.days.has(path.slice(12, 22)),
  );
  const materialized = events.filter(({ type }) => type === 'asset.materialized').length;
  if (isWhole && sums.materialized !== materialized)
    wrong.push(`${materialized} materializations, and the sums say ${sums.materialized}`);
  const ids = events.flatMap((event) => (event.type === 'asset.materialized' ? [event.materialization] : []));
  if (new Set(ids).size !== ids.length) wrong.push('a materialization was recorded twice');
  return wrong;
}

/** Whoever could not go on says why and what to do, and after the mending all goes well. */
function judgeMessages({ world, last }: Played): string[] {
  const wrong: string[] = [];
  for (const { name, result } of world.commands) {
    if (result === undefined || result.ok) continue;
    const { code, message, help } = result.error;
    if (!REFUSALS.has(code)) wrong.push(`${name} ended with ${code}: ${message}`);
    // What to do about a refusal is the store's to say: it knows the server's rules (contract suite of the store).
    else if (code !== 'state-denied' && `${message} ${help ?? ''}`.length < 60)
      wrong.push(`${name} says too little: ${message}`);
  }
  for (const { name, result } of last)
    if (!result?.ok) wrong.push(`${name} came after all was mended: ${JSON.stringify(result?.error)}`);
  return wrong;
}
