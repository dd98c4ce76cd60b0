import { canonicalJson } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent, EventDraft } from '../model/events.ts';
import { originalOf } from '../model/plan.ts';
import { EVENT_SHAPES } from './event-shapes.ts';
import { describe, isObject } from './shape.ts';

/** The newest version of an event. */
export const EVENT_VERSION = 2;

/** What is wrong with a file of the state branch. Lines count from 1; 0 = the file as a whole. */
export interface StateProblem {
  /**
   * `newer`: written by a newer Branchline, upgrade to read it. `newer-format`: so is the whole branch. `broken`: damage
   * or a wrong edit. `missing`: a file that must be there is not. `gap`: events of a stream are missing. `too-long`: of
   * what is to be written, not of what is there: an event is longer than any may be. `unread-streams`: no problem of the
   * state, but of a reader that has not read the files of older streams.
   */
  readonly code: 'newer' | 'newer-format' | 'broken' | 'missing' | 'gap' | 'too-long' | 'unread-streams';
  readonly file: string;
  readonly line: number;
  readonly message: string;
}

/**
 * Rewrites a record of an older version as the next one; `type` is the event type. A new version adds one function
 * here: the reader applies them in turn, from the record's version up to the newest.
 */
export type Upcast = (record: Record<string, unknown>) => Record<string, unknown>;
export interface EventVersions {
  readonly newest: number;
  /** By event type, then by the version that is rewritten. */
  readonly upcasts: ReadonlyMap<string, ReadonlyMap<number, Upcast>>;
}
const VERSIONS: EventVersions = { newest: EVENT_VERSION, upcasts: new Map() };

/** One line without its line end: canonical JSON. */
export function encodeEvent(event: BranchlineEvent): string {
  return canonicalJson(event);
}

/** Reads one line. `broken` or `newer` names file, line and field. */
export function decodeEvent(line: string, file: string, lineNumber: number): Result<BranchlineEvent, StateProblem> {
  const parsed = parseJson(line, file, lineNumber);
  return parsed.ok ? decodeEventValue(parsed.value, file, lineNumber) : parsed;
}

/** Checks a parsed line; `versions` is for tests of upcasting. */
export function decodeEventValue(
  value: unknown,
  file: string,
  line: number,
  versions: EventVersions = VERSIONS,
): Result<BranchlineEvent, StateProblem> {
  const problem = (code: 'broken' | 'newer', message: string): Result<never, StateProblem> =>
    fail({ code, file, line, message });
  if (!isObject(value)) return problem('broken', `expected an event, found ${describe(value)}`);
  const type = value['type'];
  const version = value['v'];
  if (typeof type !== 'string') return problem('broken', `type: expected an event type, found ${describe(type)}`);
  if (!Number.isSafeInteger(version) || Number(version) < 1)
    return problem('broken', `v: expected a version, found ${describe(version)}`);
  if (Number(version) > versions.newest)
    return problem(
      'newer',
      `a \`${type}\` event of version ${Number(version)}; this Branchline reads up to version ${versions.newest}`,
    );
  let record = value;
  // Types that only got further fields are as they were written.
  const upcasts = versions.upcasts.get(type);
  for (let v = Number(version); upcasts !== undefined && v < versions.newest; v++)
    record = { ...(upcasts.get(v)?.(record) ?? record), v: v + 1 };
  const shape = EVENT_SHAPES.get(type);
  if (!shape) return problem('newer', `the event type \`${type}\` is not known to this Branchline`);
  // The shape tables describe the newest version; a test's synthetic versions are brought back to it.
  const wrong = shape.test(versions === VERSIONS ? record : { ...record, v: EVENT_VERSION });
  if (wrong !== undefined) return problem('broken', `\`${type}\`: ${wrong}`);
  if (!splitEventId(String(record['id'])))
    return problem('broken', `\`${type}\`: id: expected <stream>#<n>, found ${describe(record['id'])}`);
  return ok(record as unknown as BranchlineEvent);
}

export function parseJson(line: string, file: string, lineNumber: number): Result<unknown, StateProblem> {
  try {
    return ok(JSON.parse(line) as unknown);
  } catch {
    const message = line === '' ? 'an empty line' : `not JSON: ${describe(line)}`;
    return fail({ code: 'broken', file, line: lineNumber, message });
  }
}

/** Stream and number of an event id `<stream>#<n>`; undefined when it is none. */
export function splitEventId(id: string): { readonly stream: string; readonly n: number } | undefined {
  const hash = id.lastIndexOf('#');
  const digits = id.slice(hash + 1);
  if (hash < 1 || !/^[1-9]\d{0,14}$/.test(digits)) return undefined;
  return { stream: id.slice(0, hash), n: Number(digits) };
}

/** Stream of the events of a run at an epoch. */
export function runStream(run: string, epoch: number): string {
  return `${run}.${epoch}`;
}

/** Gives drafts their ids: the stream's numbers after `last`. */
export function numberEvents(stream: string, last: number, drafts: readonly EventDraft[]): BranchlineEvent[] {
  return drafts.map(
    (draft, i) => ({ ...draft, id: `${stream}#${last + 1 + i}`, v: versionOf(draft) }) as unknown as BranchlineEvent,
  );
}

/** The oldest version that has all fields of the event: whoever knows no newer one reads it. */
function versionOf(draft: EventDraft): BranchlineEvent['v'] {
  if (draft.type === 'step.started') return draft.attemptsBefore === undefined ? 1 : 2;
  if (draft.type === 'run.started') return draft.uncommitted === undefined ? 1 : 2;
  if (draft.type === 'run.requeued') return draft.atWorkMs === undefined ? 1 : 2;
  if (draft.type === 'run.requested') {
    const original = originalOf(draft.request);
    return original.kind === 'backfill' && original.share !== undefined ? 2 : 1;
  }
  if (draft.type === 'asset.lost') return draft.partitions === undefined ? 1 : 2;
  return 1;
}
