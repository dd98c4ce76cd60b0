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
import { numberEvents, runStream } from '../state/codec.ts';
import { type PreparedCommit, prepareCommit, withPages } from '../state/commit.ts';
import { neededPaths } from '../state/needed-paths.ts';
import { assembleView, type StateRead } from '../state/read.ts';
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
  const commit = (events: readonly BranchlineEvent[], now: number, message: string, pages: boolean): PreparedCommit => {
    tx++;
    const prepared = prepareCommit({ read, project: 'growth', events, writer: WRITER, tx, now, message });
    if (!prepared.ok) throw new Error(prepared.error.message);
    const whole = pages
      ? withPages(prepared.value, reportPages({ project }, prepared.value, read.view))
      : prepared.value;
    read = withNewestDays(whole.after);
    return whole;
  };
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
      prepared: commit(
        [...judged, ...opening],
        at + 5_000,
        `… often started: ${assets.length} steps${trailers}`,
        false,
      ),
      tick,
    };
    const rest = numberEvents(stream, 3, drafts.slice(3));
    yield {
      prepared: commit(
        rest,
        at + 60_000,
        `✓ often: ${assets.length} assets${trailers}`,
        options.hasPages?.(tick) ?? true,
      ),
      tick,
    };
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
  for (const { prepared, tick } of history) {
    facts.push({ tick, folded: prepared.folded, sealed: prepared.sealed });
    const mark = facts.length;
    if (!child.stdin.write(importCommand(ref, mark, prepared))) await once(child.stdin, 'drain');
  }
  child.stdin.end();
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`fast-import ended with ${code}`);
  const ids = printed.trim().split('\n');
  return facts.map((fact, i) => ({ ...fact, id: ids[i]! }));
}

function importCommand(ref: string, mark: number, { change }: PreparedCommit): string {
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  const when = `Ada <ada@example.org> ${Math.floor(change.at / 1000)} +0000`;
  const files = [...change.files].map(([path, text]) =>
    text === null ? `D "${path}"\n` : `M 100644 inline "${path}"\n${data(text)}`,
  );
  return `commit ${ref}\nmark :${mark}\ncommitter ${when}\n${data(change.message)}${files.join('')}\nget-mark :${mark}\n`;
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
