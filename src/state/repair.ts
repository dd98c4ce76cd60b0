import { byText } from '../base/order.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type Checkpoint, isOldRollup, readCheckpoint } from './checkpoint.ts';
import { expectedClosedDays } from './closed-days.ts';
import type { StateProblem } from './codec.ts';
import { encodeFormat } from './commit.ts';
import { checkFormat, formatOf } from './format-file.ts';
import { FORMAT_PATH, formatFor, layoutOf, OLD_FORMAT, parseFoldedPath } from './layout.ts';
import { decodeHistory } from './older-days.ts';
import { repairLeaves } from './partition-verify.ts';
import { encodeQuarantine } from './quarantine.ts';
import { decodeFiles, isDerived, isMonth, refold } from './refold.ts';
import { type SalvagedFile, salvageEvents } from './salvage.ts';

/** What makes a tree whole again. */
export interface Repair {
  /** What nothing can make good: then `files` is empty. */
  readonly lost: readonly StateProblem[];
  /** Files as they should be; null takes one away. */
  readonly files: ReadonlyMap<string, string | null>;
  /** Files of events that were damaged themselves, and what `files` has in their place. */
  readonly salvaged: readonly SalvagedFile[];
}

/**
 * The derived files (snapshot, runs, roll-ups, leaves of partitions, `format.json`) that differ from what the events give, as they should be;
 * and where events are damaged, what can be read of them, with the damaged files kept under `quarantine/`. `texts` holds
 * every file of the tree.
 */
export function repairState(texts: ReadonlyMap<string, string>, environment: string, project: string): Repair {
  const listing = [...texts.keys()].sort(byText);
  const beyond = (lost: readonly StateProblem[]): Repair => ({ lost, files: new Map(), salvaged: [] });
  if (listing.length === 0) return beyond([]);
  const format = checkFormat(listing, texts);
  if (format?.code === 'newer-format') return beyond([format]);
  const damage: StateProblem[] = [];
  const history = decodeHistory(texts, damage);
  const checkpoint = readCheckpoint(texts, damage);
  // What it stands for is gone: nothing can make a checkpoint good again, or the roll-ups that are older. And what a
  // damaged file of `history/` named would be taken for lost.
  if (damage.length > 0) return beyond(damage);
  // Where nothing says which layout it is, all that follows from the events is written in the one of today.
  const layout = {
    isCut: checkpoint !== undefined,
    layout: layoutOf(format === undefined && history.length === 0 ? formatOf(texts) : undefined),
  };
  const isFormatWrong =
    format !== undefined || ((layout.isCut || history.length > 0) && formatOf(texts) !== formatFor(layout));
  const newFormat = isFormatWrong ? encodeFormat(project, layout) : undefined;
  const by = { environment, checkpoint, isOldLayout: layout.layout === OLD_FORMAT };
  const whole = rebuild(texts, by);
  if (whole.ok) return { lost: [], files: withFormat(whole.value.files, newFormat), salvaged: [] };
  const salvaged = salvageEvents(texts, checkpoint);
  if (!salvaged.ok) return beyond(salvaged.error);
  // Nothing to leave out: what is wrong is elsewhere.
  if (salvaged.value.length === 0) return beyond(whole.error);
  const saved = new Map(texts);
  const files = new Map<string, string | null>();
  for (const { path, text } of salvaged.value) {
    files.set(path, text ?? null);
    if (text === undefined) saved.delete(path);
    else saved.set(path, text);
  }
  const again = rebuild(saved, by);
  if (!again.ok) return beyond(again.error);
  const kept = encodeQuarantine(again.value.seq + 1, salvaged.value);
  return {
    lost: [],
    files: withFormat(new Map([...files, ...again.value.files, ...kept]), newFormat),
    salvaged: salvaged.value,
  };
}

function withFormat(
  files: ReadonlyMap<string, string | null>,
  formatText: string | undefined,
): ReadonlyMap<string, string | null> {
  return formatText === undefined ? files : new Map([...files, [FORMAT_PATH, formatText]]);
}

/** The derived files that differ from what the events give, and the newest commit; or what is wrong with the events. */
function rebuild(
  texts: ReadonlyMap<string, string>,
  by: { readonly environment: string; readonly checkpoint: Checkpoint | undefined; readonly isOldLayout: boolean },
): Result<{ readonly files: ReadonlyMap<string, string | null>; readonly seq: number }, readonly StateProblem[]> {
  const { environment, checkpoint, isOldLayout } = by;
  const listing = [...texts.keys()].sort(byText);
  const problems: StateProblem[] = [];
  const events = decodeFiles(listing, texts, problems, checkpoint?.digest);
  if (problems.length > 0) return fail(problems);
  // A marker is believed when a segment ends there; else everything that is sealed is folded anew.
  const cut = checkpoint?.cut.seq ?? 0;
  const ends = new Set([cut, ...events.map(({ name }) => ('last' in name ? name.last : 0))]);
  const known = listing.map(parseFoldedPath).filter((seq) => seq !== undefined && ends.has(seq));
  const isFolded = cut > 0 || listing.some((path) => /^(snapshot|history)\//.test(path));
  const folded = Math.max(0, ...(known.length > 0 ? known : isFolded ? [...ends] : []).map((seq) => seq ?? 0));
  const refolded = refold(events, texts, { environment, problems, folded, start: checkpoint, isOldLayout });
  const { view, partitions } = refolded;
  if (view === undefined || problems.length > 0) return fail(problems);
  const expected = new Map([...(checkpoint?.months ?? []), ...refolded.expected, ...expectedClosedDays(listing, view)]);
  const isTruth = (path: string): boolean => isMonth(path) || isOldRollup(path, checkpoint?.cut.day);
  const files = new Map<string, string | null>();
  for (const [path, text] of expected) if (texts.get(path) !== text) files.set(path, text);
  for (const path of listing) if (isDerived(path) && !expected.has(path) && !isTruth(path)) files.set(path, null);
  for (const [path, text] of repairLeaves(texts, partitions)) files.set(path, text);
  const { streams } = refolded;
  for (const path of listing)
    if (path.startsWith('streams/') && !streams?.right.has(path) && !expected.has(path)) files.set(path, null);
  return ok({ files, seq: view.seq });
}
