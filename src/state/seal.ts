import { sha256 } from '../base/digest.ts';
import { utcDay } from '../model/instant.ts';
import { encodeSegment } from './batch.ts';
import { FILE_BYTES_MAX, parseRecentPath, segmentPath, utf8Bytes } from './layout.ts';

/** A write-once piece of history, and the digest of the chain that ends with it. */
interface Segment {
  readonly path: string;
  readonly text: string;
  readonly digest: string;
}

/** Recent files, oldest first, as segments of at most 1 MiB that never span two days. */
export function sealRecent(recent: ReadonlyMap<string, string>, chain: string): Segment[] {
  const segments: Segment[] = [];
  let after = chain;
  let group: RecentText[] = [];
  const flush = (): void => {
    if (group.length === 0) return;
    const first = group[0]!;
    const last = group.at(-1)!;
    const writers: Record<string, number> = {};
    for (const { writer, tx } of group)
      writers[writer] = Math.max(tx, Object.hasOwn(writers, writer) ? writers[writer]! : 0);
    const text = encodeSegment(
      { after, first: first.seq, last: last.seq, writers },
      group.map((file) => file.text),
    );
    // A commit in several files fills several segments; its parts are never joined with other commits.
    const path = segmentPath(first.day, first.seq, last.seq, first.part);
    after = sha256(text);
    segments.push({ path, text, digest: after });
    group = [];
  };
  let bytes = 0;
  for (const file of [...recent].map(([path, text]) => recentText(path, text))) {
    const before = group.at(-1);
    const size = utf8Bytes(file.text);
    const fits = before && before.day === file.day && bytes + size + 2048 <= FILE_BYTES_MAX;
    if (!fits || before.part !== undefined || file.part !== undefined) {
      flush();
      bytes = 0;
    }
    group.push(file);
    bytes += size;
  }
  flush();
  return segments;
}

interface RecentText {
  readonly seq: number;
  readonly writer: string;
  readonly tx: number;
  readonly day: string;
  readonly part?: number;
  readonly text: string;
}

function recentText(path: string, text: string): RecentText {
  const { seq, tx, part } = parseRecentPath(path)!;
  // The path has the writer's escaped name; the first line was checked when the view was read.
  const head = JSON.parse(text.slice(0, text.indexOf('\n'))) as { commit: { at: string; writer: string } };
  return { seq, writer: head.commit.writer, tx, day: utcDay(head.commit.at), ...(part ? { part } : {}), text };
}
