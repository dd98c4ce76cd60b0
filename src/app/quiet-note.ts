import { sha256 } from '../base/digest.ts';
import { type EpochMs, timestamp } from '../model/instant.ts';

/** What a state commit says of the wake-ups after it (docs/state-format.md): trailers of its message. */
export interface QuietNote {
  /** Before this instant a wake-up has nothing to do. */
  readonly until: EpochMs;
  /** The schedule that is due then. */
  readonly schedule: string;
  /** Number of the commit. */
  readonly seq: number;
  /** Digest over all of it and what it depends on. */
  readonly key: string;
  /** Patterns of the project's manifests. */
  readonly manifests: readonly string[];
}

/** The commit that a note belongs to: in another one, a copy of it says nothing. */
export interface NotedCommit {
  readonly parent: string | undefined;
  readonly at: EpochMs;
}

const VERSION = '1';
const NOTE = 'Branchline-Quiet';
const PATTERNS = 'Branchline-Quiet-Manifests';

/** The key of a note; `place`: digest over the code, the manifests and who looks at them. */
export function quietKey(place: string, note: Omit<QuietNote, 'key' | 'manifests'>, commit: NotedCommit): string {
  const parts = [VERSION, place, note.until, note.schedule, note.seq, commit.parent ?? '', seconds(commit.at)];
  return sha256(JSON.stringify(parts)).slice(0, 32);
}

/** git keeps no more of an instant. */
function seconds(at: EpochMs): number {
  return Math.floor(at / 1000);
}

/** A note as trailers; patterns only where they are not the usual ones. */
export function encodeQuietNote(note: QuietNote, usual: readonly string[]): string {
  const { until, schedule, seq, key, manifests } = note;
  const patterns = JSON.stringify(manifests);
  return [
    `${NOTE}: ${VERSION} ${timestamp(until)} ${seq} ${key} ${schedule}`,
    ...(patterns === JSON.stringify(usual) ? [] : [`${PATTERNS}: ${patterns}`]),
  ].join('\n');
}

/** The message with these trailers, behind those that it has. */
export function withTrailers(message: string, trailers: string): string {
  const text = message.trimEnd();
  const last = text
    .split(/\n{2,}/)
    .slice(1)
    .at(-1);
  const isTrailers = last?.split('\n').every((line) => /^[A-Za-z0-9][A-Za-z0-9-]*: /.test(line)) ?? false;
  return `${text}${isTrailers ? '\n' : '\n\n'}${trailers}`;
}

/** Reads the note of a commit's message; undefined = it has none, or none that this version understands. */
export function decodeQuietNote(message: string, usual: readonly string[]): QuietNote | undefined {
  const lines = message.trimEnd().split('\n');
  const line = lines.findLast((each) => each.startsWith(`${NOTE}: `));
  const match = /^: 1 (\S+Z) (\d+) ([0-9a-f]{32}) (\S.*)$/.exec(line?.slice(NOTE.length) ?? '');
  if (match === null) return undefined;
  const until = Date.parse(match[1]!);
  const manifests = patternsIn(
    lines.findLast((each) => each.startsWith(`${PATTERNS}: `)),
    usual,
  );
  if (Number.isNaN(until) || manifests === undefined) return undefined;
  return { until, seq: Number(match[2]), key: match[3]!, schedule: match[4]!, manifests };
}

function patternsIn(line: string | undefined, usual: readonly string[]): readonly string[] | undefined {
  if (line === undefined) return usual;
  try {
    const value: unknown = JSON.parse(line.slice(PATTERNS.length + 2));
    return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
  } catch {
    return undefined;
  }
}

const DAY_MS = 86_400_000;

/**
 * Whether the head says that a wake-up at `now` has nothing to do. `trusted`: it is the server's instant. As for a tick, a
 * clock of one's own counts for a day after the head, and never before it.
 */
export function isQuiet(
  note: QuietNote,
  place: string,
  head: NotedCommit,
  clock: { readonly now: EpochMs; readonly isTrusted: boolean },
): boolean {
  const { now, isTrusted } = clock;
  if (now < head.at || now >= note.until) return false;
  if (!isTrusted && now - head.at > DAY_MS) return false;
  return note.key === quietKey(place, note, head);
}
