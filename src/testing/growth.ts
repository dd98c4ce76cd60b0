import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { deflateSync } from 'node:zlib';
import { reportPages } from '../app/report-pages.ts';
import { readOptions } from '../app/state-reading.ts';
import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import type { BranchlineEvent } from '../model/events.ts';
import { timestamp } from '../model/instant.ts';
import type { Project } from '../model/project.ts';
import type { StateTreeEntry } from '../ports-state.ts';
import { numberEvents, runStream } from '../state/codec.ts';
import { type PreparedCommit, prepareCommit, withFiles, withPages } from '../state/commit.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { encodeHistory, type HistoryFile, leavingFiles, withPeriods } from '../state/older-days.ts';
import { assembleView, type StateRead } from '../state/read.ts';
import { blobId, commitId, treeId } from './git-object-ids.ts';
import { sketchProject } from './plan-builder.ts';
import { runDrafts, type StoryAsset, tickDrafts } from './state-story.ts';

export interface GrowthOptions {
  readonly assets: number;
  readonly ticks: number;
  /** Assets that each tick makes. */
  readonly perTick: number;
  /** 288 = one every five minutes. */
  readonly ticksPerDay: number;
  /** Ticks whose commits carry the report: rendering it is most of the work. Default: all. */
  readonly hasPages?: (tick: number) => boolean;
}

/** So long ago that the life of 10,000 ticks is over today. */
const START = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const WRITER = 'p0123456789ab';

/** A project of so many assets, fifty in a group. */
export function growthProject(assets: number): Project {
  const keys = Array.from({ length: assets }, (_, i) => `g${Math.floor(i / 50)}/asset_${String(i).padStart(5, '0')}`);
  const project = sketchProject(Object.fromEntries(keys.map((key) => [key, { blocking: ['rows'] }])));
  const grouped = Object.entries(project.assets).map(([key, asset]) => [key, { ...asset, group: key.split('/')[0]! }]);
  return { ...project, assets: Object.fromEntries(grouped) as Project['assets'] };
}

/** One commit of a history that grows, and how many ticks had been when it was made. */
export interface GrownCommit {
  readonly prepared: PreparedCommit;
  readonly tick: number;
  /** Commits of the files that leave the tree with it, in their order. */
  readonly behind?: readonly BehindCommit[];
}

/**
 * The commits of a life: every asset once, then tick after tick. Each tick is two commits, as a wake-up makes them: one
 * judges it and claims its run, one records what the run did, with the pages that change.
 */
export function* growingHistory(options: GrowthOptions): Generator<GrownCommit> {
  const project = growthProject(options.assets);
  const keys = Object.keys(project.assets);
  let read = emptyRead();
  let tx = 0;
  const commit = (
    events: readonly BranchlineEvent[],
    now: number,
    message: string,
    pages: boolean,
  ): Omit<GrownCommit, 'tick'> => {
    tx++;
    const prepared = prepareCommit({ read, project: 'growth', events, writer: WRITER, tx, now, message });
    if (!prepared.ok) throw new Error(prepared.error.message);
    const paged = pages
      ? withPages(prepared.value, reportPages({ project }, prepared.value, read.view))
      : prepared.value;
    const { prepared: whole, behind } = shelf.leave(paged);
    read = withNewestDays(whole.after);
    return { prepared: whole, ...(behind.length > 0 ? { behind } : {}) };
  };
  const shelf = openShelf();
  for (let tick = 0; tick <= options.ticks; tick++) {
    const at = START + tick * (DAY_MS / options.ticksPerDay);
    const made =
      tick === 0 ? keys : Array.from({ length: options.perTick }, (_, i) => keys[(tick * 7 + i * 13) % keys.length]!);
    const run = `${timestamp(at).slice(0, 10).replaceAll('-', '')}-${sha256(`run ${tick}`).slice(0, 16)}`;
    const assets = [...new Set(made)].map((asset): StoryAsset => {
      const outcome = Number.parseInt(sha256(`${run} ${asset}`).slice(0, 4), 16) % 50 === 0 ? 'failure' : 'success';
      return { asset, outcome, dataVersion: `sha256:${sha256(`${run} ${asset} data`)}` };
    });
    const stream = runStream(run, 1);
    const drafts = runDrafts({ run, at, assets, writer: WRITER });
    const judged = numberEvents(
      WRITER,
      read.view.streams.get(WRITER) ?? 0,
      tickDrafts('often', at, { adopt: tick === 0 }),
    );
    const trailers = `\n\nRun: ${run}\nCode: ${sha256('code').slice(0, 40)}\n`;
    const opening = numberEvents(stream, 0, drafts.slice(0, 3));
    yield {
      ...commit([...judged, ...opening], at + 5_000, `… often started: ${assets.length} steps${trailers}`, false),
      tick,
    };
    const rest = numberEvents(stream, 3, drafts.slice(3));
    const hasPages = options.hasPages?.(tick) ?? true;
    yield { ...commit(rest, at + 60_000, `✓ often: ${assets.length} assets${trailers}`, hasPages), tick };
  }
}

/** Days that a command has at hand: those of the report, and those of the month that is summed next. */
const DAYS_KEPT = 62;

function withNewestDays(read: StateRead): StateRead {
  const { days } = read.view;
  if (days.size <= DAYS_KEPT) return read;
  const newest = [...days].sort(([a], [b]) => byText(a, b)).slice(-DAYS_KEPT);
  return { ...read, view: { ...read.view, days: new Map(newest) } };
}

function emptyRead(): StateRead {
  const read = assembleView({ listing: [], texts: new Map(), environment: 'production' });
  if (!read.ok) throw new Error('an empty state cannot be read');
  return read.value;
}

/** Writes a history into a bare repository, by one `fast-import`; gives the ids of its commits in order. */
export async function importHistory(
  gitDir: string,
  ref: string,
  history: Iterable<GrownCommit>,
): Promise<
  readonly { readonly id: string; readonly tick: number; readonly folded: boolean; readonly sealed: boolean }[]
> {
  const child = spawn('git', ['--git-dir', gitDir, 'fast-import', '--quiet', '--date-format=raw'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  const facts: { tick: number; folded: boolean; sealed: boolean }[] = [];
  // Of each line that is printed: the commit it is of, or the id that a commit of files must have.
  const expected: (string | undefined)[] = [];
  const marks = new Map<string, number>();
  for (const { prepared, tick, behind = [] } of history) {
    facts.push({ tick, folded: prepared.folded, sealed: prepared.sealed });
    for (const commit of behind) {
      marks.set(commit.id, expected.push(commit.id));
      child.stdin.write(importBehind(commit, marks));
    }
    const mark = expected.push(undefined);
    if (!child.stdin.write(importCommand(ref, mark, prepared, marks))) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`fast-import ended with ${code}`);
  const lines = printed.trim().split('\n');
  const strange = expected.find((id, i) => id !== undefined && lines[i] !== id);
  if (strange !== undefined) throw new Error(`git gave a commit of files another id than ${strange}`);
  const ids = lines.filter((_, i) => expected[i] === undefined);
  return facts.map((fact, i) => ({ ...fact, id: ids[i]! }));
}

const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
const whoAt = (at: number): string => `Ada <ada@example.org> ${Math.floor(at / 1000)} +0000`;

/** A commit of files that left the tree, as the store writes them. */
export interface BehindCommit {
  readonly id: string;
  readonly parent: string | undefined;
  readonly entries: readonly StateTreeEntry[];
  readonly message: string;
  readonly at: number;
}

/** What leaves the tree of a history that is not written yet: its ids are worked out here. */
function openShelf() {
  const blobs = new Map<string, string>();
  const files = new Map<string, HistoryFile>();
  return {
    leave(prepared: PreparedCommit): { readonly prepared: PreparedCommit; readonly behind: readonly BehindCommit[] } {
      const { closed, change } = prepared;
      const leaving = closed === undefined ? [] : leavingFiles(blobs.keys(), closed);
      const behind: BehindCommit[] = [];
      const add = (parent: string | undefined, entries: readonly StateTreeEntry[], name: string): string => {
        const message = `· left the tree: ${name}\n\nBehind: ${name}\n`;
        const made = { tree: treeId(entries), parent, who: whoAt(change.at), message };
        behind.push({ id: commitId(made), parent, entries, message, at: change.at });
        return made.tree;
      };
      const changed = new Map<string, string | null>();
      for (const path of new Set(leaving.map(({ file }) => file))) {
        let tip = files.get(path)?.tip;
        const trees = new Map<string, string>();
        for (const { file, period, paths } of leaving) {
          if (file !== path) continue;
          const entries = paths.map((own) => ({ path: own, blob: blobs.get(own)! }));
          trees.set(period, add(tip, entries, period));
          tip = behind.at(-1)!.id;
          for (const own of paths) changed.set(own, null);
        }
        add(tip, [], `up to ${[...trees.keys()].at(-1)}`);
        const file = withPeriods(path, files.get(path), { tip: behind.at(-1)!.id, trees });
        files.set(path, file);
        changed.set(path, encodeHistory(file));
      }
      const tips = [...changed.keys()].flatMap((path) => (changed.get(path) === null ? [] : files.get(path)!.tip));
      const whole = changed.size === 0 ? prepared : withFiles(prepared, changed, tips);
      for (const [path, text] of whole.change.files) {
        if (text === null) blobs.delete(path);
        // Pages and the snapshot never leave.
        else if (/^(events|runs|rollups)\//.test(path)) blobs.set(path, blobId(text));
      }
      return { prepared: whole, behind };
    },
  };
}

function importBehind({ parent, entries, message, at, id }: BehindCommit, marks: ReadonlyMap<string, number>): string {
  const mark = marks.get(id)!;
  const who = whoAt(at);
  // A branch of its own: else it would continue whatever was written there before.
  const from = parent === undefined ? '' : `from :${marks.get(parent)}\n`;
  const files = entries.map(({ path, blob }) => `M 100644 ${blob} "${path}"\n`).join('');
  const head = `commit refs/behind/${mark}\nmark :${mark}\nauthor ${who}\ncommitter ${who}\n`;
  return `${head}${data(message)}${from}deleteall\n${files}\nget-mark :${mark}\nreset refs/behind/${mark}\nfrom ${'0'.repeat(40)}\n\n`;
}

function importCommand(
  ref: string,
  mark: number,
  { change }: PreparedCommit,
  marks: ReadonlyMap<string, number>,
): string {
  const when = whoAt(change.at);
  const merges = (change.behind ?? []).map((tip) => `merge :${marks.get(tip)}\n`).join('');
  const files = [...change.files].map(([path, text]) =>
    text === null ? `D "${path}"\n` : `M 100644 inline "${path}"\n${data(text)}`,
  );
  return `commit ${ref}\nmark :${mark}\ncommitter ${when}\n${data(change.message)}${merges}${files.join('')}\nget-mark :${mark}\n`;
}

/** A history as it goes by, and the bytes of files that a tick reads after each of these ticks, deflated one by one as a fetch sends them. */
export function* readingOn(
  history: Iterable<GrownCommit>,
  ticks: ReadonlySet<number>,
  read: Map<number, number>,
): Generator<GrownCommit> {
  const tree = new Map<string, string>();
  for (const commit of history) {
    const { files, at } = commit.prepared.change;
    for (const [path, text] of files) {
      if (text === null) tree.delete(path);
      else tree.set(path, text);
    }
    // Both commits of a tick: what the second one leaves counts.
    if (ticks.has(commit.tick)) {
      const paths = neededPaths([...tree.keys()], readOptions(at));
      read.set(
        commit.tick,
        paths.reduce((sum, path) => sum + deflateSync(tree.get(path)!).length, 0),
      );
    }
    yield commit;
  }
}

/** Bytes of an object as git keeps it by itself: level 1 is git's own for loose objects. */
export function looseBytes(type: string, content: Buffer): number {
  return deflateSync(Buffer.concat([Buffer.from(`${type} ${content.length}\0`), content]), { level: 1 }).length;
}
