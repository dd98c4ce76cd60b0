import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { StateStore, StoreUnreachable } from '../ports-state.ts';
import { chainDigest, readEventLines } from '../state/batch.ts';
import { readCut } from '../state/checkpoint.ts';
import { numberEvents, type StateProblem } from '../state/codec.ts';
import { parseJournal } from '../state/journal-text.ts';
import { cutDayOf, cutPath, parseSegmentPath } from '../state/layout.ts';
import {
  type AdoptedStream,
  type Adoption,
  type AdoptionRefusal,
  eventFilesBeyond,
  eventsOfFiles,
  planReplay,
} from '../state/replay.ts';
import { type AppFailure, inputFailure, stateUnreachable } from './failure.ts';
import { readWholeTree, type WholeTree } from './older-days.ts';
import type { PagesOf } from './state-ports.ts';
import { brokenState, resolveAt, type StateAt } from './state-reading.ts';
import type { StateSession } from './state-session.ts';

/** Events from somewhere else, that may or may not be in the state. */
export interface EventSource {
  /** For messages and the diary: a file's name, a commit, an archive. */
  readonly name: string;
  /** The writer of the journal; undefined when it is not known. */
  readonly writer: string | undefined;
  readonly events: readonly BranchlineEvent[];
  /** The last line of the file was half written, and is left out. */
  readonly isCut: boolean;
}

/** A journal's file as a source, or where it is damaged. */
export function journalSource(name: string, text: string): Result<EventSource, AppFailure> {
  const parsed = parseJournal(name, text);
  if (!parsed.ok) return fail(damaged(name, parsed.error));
  if (parsed.value.events.length === 0)
    return fail(inputFailure('journal-empty', `${name} holds no events.`, 'A journal has one JSON object a line.'));
  return ok({ name, ...parsed.value });
}

function damaged(name: string, problems: readonly StateProblem[]): AppFailure {
  const lines = problems.map(({ file, line, message }) => `  ${file}${line > 0 ? `:${line}` : ''}: ${message}`);
  const isNewer = problems.some(({ code }) => code === 'newer');
  return inputFailure(
    isNewer ? 'journal-newer' : 'journal-broken',
    [`${name} is not a journal that can be taken in:`, ...lines].join('\n'),
    isNewer
      ? 'Use the version of Branchline that wrote it, or a newer one.'
      : 'Nothing was done. Download the artifact again, or take the named lines out if somebody edited them: events behind a line that is missing are refused.',
  );
}

/**
 * The events of another commit of the state that the head does not have: of an archive (`archive/<seq>`), or of a commit
 * that a forced push removed and that the server still gives.
 */
export async function commitSource(store: StateStore, name: string): Promise<Result<EventSource, AppFailure>> {
  const unreachable = (error: StoreUnreachable): Result<never, AppFailure> => fail(stateUnreachable(error));
  const resolved = name.startsWith('archive/') ? await resolveAt(store, name) : ok(name);
  if (!resolved.ok) return resolved;
  const commit = resolved.value ?? name;
  const head = await store.read();
  if (!head.ok) return unreachable(head.error);
  const other = await readWholeTree(store, commit);
  if (!other.ok) return unreachable(other.error);
  const own = head.value.commit === undefined ? ok(undefined) : await readWholeTree(store, head.value.commit);
  if (!own.ok) return unreachable(own.error);
  const problems = [...other.value.problems, ...(own.value?.problems ?? [])];
  if (problems.length > 0) return fail(brokenState(store.label, commit, problems));
  const dropped = await droppedSeq(own.value, other.value);
  if (!dropped.ok) return unreachable(dropped.error);
  const paths = eventFilesBeyond(own.value?.entries ?? [], other.value.entries, dropped.value);
  const texts = await other.value.load(paths);
  if (!texts.ok) return unreachable(texts.error);
  const events = eventsOfFiles(paths, texts.value);
  return events.ok
    ? ok({ name, writer: undefined, events: events.value, isCut: false })
    : fail(damaged(name, events.error));
}

/**
 * The last commit whose events the head has dropped (`state.retention`), where the other commit is of the same history:
 * these count, though the head has no files of them. 0 where there is none.
 */
async function droppedSeq(own: WholeTree | undefined, other: WholeTree): Promise<Result<number, StoreUnreachable>> {
  const day = cutDayOf(own?.own.map(({ path }) => path) ?? []);
  if (day === undefined || own === undefined) return ok(0);
  const texts = await own.load([cutPath(day)]);
  if (!texts.ok) return texts;
  const cut = readCut(texts.value, []);
  const last = other.entries.find(({ path }) => {
    const name = parseSegmentPath(path);
    return name !== undefined && name.last === cut?.seq && name.part === undefined;
  });
  if (cut === undefined || last === undefined) return ok(0);
  const there = await other.load([last.path]);
  if (!there.ok) return there;
  const text = there.value.get(last.path) ?? '';
  const first = readEventLines(last.path, text)[0];
  const segment = first?.kind === 'segment' ? first.head : undefined;
  return ok(chainDigest(segment, text) === cut.digest ? cut.seq : 0);
}

export interface AdoptionPorts {
  readonly session: StateSession;
  readonly environment: string;
  readonly writer: string;
  readonly label: string;
  readonly pages?: PagesOf;
}

export interface Adopted {
  readonly total: number;
  readonly fresh: number;
  readonly streams: readonly AdoptedStream[];
  /** The commit that took them in; undefined when all of them counted already, or in a preview. */
  readonly commit?: string;
}

/** Takes a source's events into the state. What counts already is left out, so it can be done any number of times. */
export async function replayEvents(
  ports: AdoptionPorts,
  source: EventSource,
  options: { readonly force: boolean; readonly dryRun: boolean },
): Promise<Result<Adopted, AppFailure>> {
  const foreign = foreignEnvironment(source, ports.environment);
  if (foreign) return fail(foreign);
  const recorded = await ports.session.transact<Adoption>(
    async (state) => {
      const plan = planReplay(state.read.view, source.events, { now: state.now, force: options.force });
      if (!plan.ok) return { kind: 'stop', failure: refusal(source.name, ports, plan.error) };
      const { fresh } = plan.value;
      if (options.dryRun || fresh.length === 0) return { kind: 'nothing', value: plan.value };
      return {
        kind: 'commit',
        events: [...fresh, ...adoptionEvent(state, source, fresh.length, ports.writer)],
        message: `⟲ replayed: ${fresh.length} ${fresh.length === 1 ? 'event' : 'events'} from ${source.name}`,
        value: plan.value,
        ...(ports.pages ? { pages: ports.pages } : {}),
      };
    },
    { takesLate: true },
  );
  if (!recorded.ok) return recorded;
  const { value, commit } = recorded.value;
  return ok({
    total: source.events.length,
    fresh: value.fresh.length,
    streams: value.streams,
    ...(commit === undefined ? {} : { commit }),
  });
}

function adoptionEvent({ read, now }: StateAt, source: EventSource, events: number, writer: string): BranchlineEvent[] {
  const at = timestamp(now);
  const reason = `replayed from ${source.name}`;
  return numberEvents(writer, read.view.streams.get(writer) ?? 0, [
    { type: 'journal.adopted', at, writer: source.writer ?? 'unknown', events, reason },
  ]);
}

/** Claims say whose state a run belongs to. */
function foreignEnvironment(source: EventSource, environment: string): AppFailure | undefined {
  for (const event of source.events) {
    if (event.type !== 'claim.opened' || event.claim.environment === environment) continue;
    return inputFailure(
      'other-environment',
      `${source.name} holds run ${event.run} of the environment \`${event.claim.environment}\`, and this would take it into \`${environment}\`.`,
      `Add \`--environment ${event.claim.environment}\`.`,
    );
  }
  return undefined;
}

function refusal(
  name: string,
  { label, environment }: AdoptionPorts,
  refusals: readonly AdoptionRefusal[],
): AppFailure {
  const lines = refusals
    .slice(0, 10)
    .map((one) =>
      one.kind === 'gap'
        ? `  ${one.stream}: its next event is number ${one.found}, and ${label} has none from number ${one.missing} on`
        : `  ${one.stream}: its last event is of ${one.endedAt}, and what ended over 30 days ago is no longer told apart from what is new`,
    );
  const isGap = refusals.some(({ kind }) => kind === 'gap');
  const other = environment === 'local' ? ' A journal of production is taken in with `--environment production`.' : '';
  return inputFailure(
    isGap ? 'journal-gap' : 'journal-old',
    [`${name} cannot be taken in:`, ...lines].join('\n'),
    isGap
      ? `Nothing was done. Replay the journal that has the events between first (an earlier artifact of the same run), then this one.${other}`
      : 'Nothing was done. If you know that these events were never recorded, repeat with `--force`.',
  );
}
