import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { decodeEvent, decodeEventValue, parseJson, type StateProblem } from './codec.ts';
import { cutMessage, joinPart, type OpenEvent, partOf } from './long-events.ts';
import { isObject } from './shape.ts';

/** Events of a journal: what one process recorded and may not have committed. */
export interface JournalText {
  /** The process that wrote it, by its name as a writer; undefined when the file does not say. */
  readonly writer: string | undefined;
  readonly events: readonly BranchlineEvent[];
  /** The last line was cut off while it was written, and is left out. */
  readonly isCut: boolean;
}

const PROBLEMS_MAX = 20;

/**
 * Reads a journal that may come from anywhere: an artifact, a file that somebody edited. Also understood are events as
 * the branch has them, with the lines of their commits. All problems, with their lines, up to 20.
 */
export function parseJournal(file: string, text: string): Result<JournalText, readonly StateProblem[]> {
  const problems: StateProblem[] = [];
  const events: BranchlineEvent[] = [];
  let writer: string | undefined;
  const lines = text.split('\n');
  const isEnded = lines.at(-1) === '';
  if (isEnded) lines.pop();
  let isCut = false;
  let open: OpenEvent | undefined;
  for (const [i, line] of lines.entries()) {
    if (problems.length >= PROBLEMS_MAX) break;
    const parsed = parseJson(line.endsWith('\r') ? line.slice(0, -1) : line, file, i + 1);
    if (!parsed.ok) {
      // A process that is killed may leave half a line, and nothing after it.
      if (!isEnded && i === lines.length - 1 && i > 0) isCut = true;
      else problems.push(parsed.error);
      continue;
    }
    const value = parsed.value;
    if (isObject(value) && !Object.hasOwn(value, 'type')) {
      if (i === 0 && value['journal'] === 1) writer = typeof value['writer'] === 'string' ? value['writer'] : undefined;
      if (['journal', 'journal.confirmed', 'commit', 'segment'].some((key) => Object.hasOwn(value, key))) continue;
    }
    const part = partOf(value);
    if (typeof part === 'string') {
      problems.push({ code: 'broken', file, line: i + 1, message: `\`event.part\`: ${part}` });
      open = undefined;
      continue;
    }
    if (part !== undefined) {
      const joined = joinPart(open, part);
      open = joined.kind === 'open' ? joined.event : undefined;
      if (joined.kind === 'broken') problems.push({ code: 'broken', file, line: i + 1, message: joined.message });
      if (joined.kind !== 'whole') continue;
      const event = decodeEvent(joined.line, file, i + 1);
      if (event.ok) events.push(event.value);
      else problems.push(event.error);
      continue;
    }
    if (open !== undefined) problems.push({ code: 'broken', file, line: i + 1, message: cutMessage(open) });
    open = undefined;
    const event = decodeEventValue(value, file, i + 1);
    if (event.ok) events.push(event.value);
    else problems.push(event.error);
  }
  if (open !== undefined && isEnded)
    problems.push({ code: 'broken', file, line: lines.length, message: cutMessage(open) });
  if (open !== undefined) isCut = true;
  return problems.length > 0 ? fail(problems) : ok({ writer, events, isCut });
}
