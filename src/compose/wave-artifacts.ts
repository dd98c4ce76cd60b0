import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readZip } from '../adapters/zip-reader.ts';
import { type AppFailure, outsideFailure } from '../app/failure.ts';
import { boundedJournal, JOURNAL_BYTES_MAX, journalEvents } from '../app/shard-journal.ts';
import { waveOf, waveText } from '../app/share-out.ts';
import { sha256 } from '../base/digest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { BranchlineEvent } from '../model/events.ts';
import type { Wave } from '../model/wave.ts';
import type { GitHub, GitHubRefusal } from '../ports-github.ts';
import type { ArtifactRefusal, Artifacts } from '../ports-storage.ts';

/** What was uploaded in a workflow run, by name. */
export interface Uploads {
  names(): Promise<Result<readonly string[], UploadRefusal>>;
  /** The archive; 256 MiB at most when nothing is said. */
  read(name: string, bytesMax?: number): Promise<Result<Uint8Array, UploadRefusal>>;
}

/** Why an upload cannot be had. `isSilence`: nobody answered, so it may be there all the same, and nothing is known of it. */
export interface UploadRefusal {
  readonly message: string;
  readonly isSilence: boolean;
}

const MIB = 1024 * 1024;
/** A plan of 100,000 steps has 50 MB. */
const BYTES_MAX = 256 * MIB;
const PLAN_FILE = 'plan.json';
const JOURNAL_FILE = 'journal.jsonl';
/** For so long a lost wave can be taken in. */
export const KEPT_DAYS = 7;

/** What the jobs of this workflow run uploaded. */
export function ownUploads(artifacts: Artifacts): Uploads {
  return {
    async names() {
      const listed = await artifacts.list();
      return listed.ok ? ok(listed.value.map(({ name }) => name)) : fail(ownRefusal(listed.error));
    },
    async read(name, bytesMax = BYTES_MAX) {
      const got = await artifacts.download(name, bytesMax);
      return got.ok ? got : fail(ownRefusal(got.error));
    },
  };
}

function ownRefusal({ code, message }: ArtifactRefusal): UploadRefusal {
  return { message, isSilence: code === 'unavailable' };
}

/** What the jobs of another workflow run uploaded. */
export function uploadsOf(github: Pick<GitHub, 'artifacts' | 'downloadArtifact'>, run: number): Uploads {
  const ids = new Map<string, number>();
  return {
    async names() {
      const listed = await github.artifacts(run);
      if (!listed.ok) return fail(othersRefusal(listed.error));
      for (const { id, name, isExpired } of listed.value.items) if (!isExpired && !ids.has(name)) ids.set(name, id);
      return ok([...ids.keys()]);
    },
    async read(name, bytesMax = BYTES_MAX) {
      const got = await github.downloadArtifact(ids.get(name)!, bytesMax);
      return got.ok ? got : fail(othersRefusal(got.error));
    },
  };
}

function othersRefusal({ code, message }: GitHubRefusal): UploadRefusal {
  return { message, isSilence: code === 'unreachable' || code === 'limited' };
}

/** Nobody said what was uploaded: nothing may be decided from that. Both clients have asked several times by then. */
export function silentUploads(what: string, { message }: UploadRefusal): AppFailure {
  return outsideFailure(
    'no-artifacts',
    `${what}: ${message}.`,
    'Nothing was recorded, and nothing counts as lost: the next job that records looks again, for 7 days.',
  );
}

/** What a workflow run uploaded is there, and this token may not look at it. */
export function unaskedUploads(run: string, { message }: UploadRefusal): string {
  return `What workflow run ${run} uploaded cannot be looked for (${message}), so what its jobs did does not count and is made again. In a workflow, \`permissions: actions: read\` lets this job look.`;
}

/** Uploads the plan of a wave; gives its digest. Refuses one that no job would read: `bytesMax` is for tests. */
export async function uploadWave(
  artifacts: Artifacts,
  temp: string,
  wave: Wave,
  bytesMax = BYTES_MAX,
): Promise<Result<string, AppFailure>> {
  const text = waveText(wave);
  const bytes = Buffer.byteLength(text);
  if (bytes > bytesMax) return fail(tooLongPlan(wave, bytes, bytesMax));
  const digest = sha256(text);
  const done = await uploadText(artifacts, temp, planName(digest, wave.attempt), PLAN_FILE, text);
  return done.ok
    ? ok(digest)
    : fail(outsideFailure('plan-not-uploaded', `The plan could not be uploaded: ${done.error}.`));
}

function tooLongPlan({ runs }: Wave, bytes: number, bytesMax: number): AppFailure {
  const steps = runs.reduce((sum, { plan }) => sum + plan.steps.length, 0);
  const names = runs.map(({ plan }) => plan.runId);
  return outsideFailure(
    'plan-too-long',
    `The plan has ${steps} steps in ${Math.ceil(bytes / MIB)} MiB; jobs read ${Math.floor(bytesMax / MIB)} MiB at most. Nothing has run.`,
    `Select fewer assets or partitions a run, or let fewer runs go at once (\`run_queue\`). \`branchline cancel ${names[0]}\` takes back ${names.length === 1 ? 'the run' : 'the first of the runs'}, which waits in the queue.`,
  );
}

function planName(digest: string, attempt: number): string {
  return `bl-plan-${digest.slice(0, 12)}-a${attempt}`;
}

export type FoundWave =
  | { readonly kind: 'found'; readonly wave: Wave }
  /** The plan is of another attempt of the workflow run. */
  | { readonly kind: 'other-attempt'; readonly attempt: number };

/** The wave with this digest. What was uploaded under its name and is something else is refused. */
export async function findWave(
  uploads: Uploads,
  digest: string,
  attempt: number,
): Promise<Result<FoundWave, AppFailure>> {
  const names = await uploads.names();
  if (!names.ok) return fail(silentUploads('The plan could not be looked for', names.error));
  const prefix = `bl-plan-${digest.slice(0, 12)}-a`;
  const found =
    names.value.find((name) => name === planName(digest, attempt)) ??
    names.value.find((name) => name.startsWith(prefix));
  if (found === undefined)
    return fail(
      outsideFailure(
        'no-plan',
        'The job `plan` of this workflow run uploaded no plan with the digest of its output `plan-digest`.',
        'Artifacts are kept for some days only: start the workflow anew.',
      ),
    );
  const other = Number(found.slice(prefix.length));
  if (other !== attempt) return ok({ kind: 'other-attempt', attempt: other });
  const text = await readText(uploads, found, PLAN_FILE, BYTES_MAX);
  if (!text.ok)
    return fail(
      text.error.isSilence
        ? silentUploads(`The plan ${found} could not be fetched`, text.error)
        : outsideFailure('no-plan', `The plan ${found} cannot be read: ${text.error.message}.`),
    );
  if (sha256(text.value) !== digest)
    return fail(
      outsideFailure(
        'other-plan',
        `The artifact ${found} is not what the job \`plan\` uploaded: its digest is another one. Nothing was done.`,
        'Somebody with write access, or another workflow, replaced it.',
      ),
    );
  return ok({ kind: 'found', wave: JSON.parse(text.value) as Wave });
}

/** Uploads all that a shard has recorded so far, as the `n`th of its journals. */
export async function uploadJournal(
  artifacts: Artifacts,
  temp: string,
  of: { readonly shard: string; readonly n: number; readonly attempt: number },
  events: readonly BranchlineEvent[],
): Promise<Result<void, string>> {
  const bounded = boundedJournal(events);
  if (!bounded.ok) return bounded;
  const name = `bl-journal-${of.shard}-${of.n}-a${of.attempt}`;
  return uploadText(artifacts, temp, name, JOURNAL_FILE, bounded.value.text);
}

export interface WaveJournals {
  /** By shard. */
  readonly journals: ReadonlyMap<string, readonly BranchlineEvent[]>;
  /** For the account: journals that are none, and what counts in their place. */
  readonly notes: readonly string[];
}

/**
 * By shard, the newest of its journals that can be read; each holds all that came before it. One that is damaged, or that
 * somebody replaced, is left out with a word: of an older one counts what had ended by then. The rest is made again in a new
 * epoch, as after a machine that was lost; data is found by its digest, so what was made and is not recorded is in nobody's
 * way. Of one that nobody answers for nothing is decided.
 */
export async function readJournals(uploads: Uploads, wave: Wave): Promise<Result<WaveJournals, AppFailure>> {
  const names = await uploads.names();
  if (!names.ok) return fail(silentUploads('The journals could not be looked for', names.error));
  const byShard = new Map<string, { readonly name: string; readonly n: number }[]>();
  for (const name of names.value) {
    const [, shard, n, attempt] = /^bl-journal-(s\d{3})-(\d{1,4})-a(\d+)$/.exec(name) ?? [];
    if (shard === undefined || Number(attempt) !== wave.attempt) continue;
    byShard.set(shard, [...(byShard.get(shard) ?? []), { name, n: Number(n) }]);
  }
  const journals = new Map<string, readonly BranchlineEvent[]>();
  const notes: string[] = [];
  for (const { id } of wave.shards) {
    const left: string[] = [];
    let taken: string | undefined;
    for (const { name } of (byShard.get(id) ?? []).sort((a, b) => b.n - a.n)) {
      const text = await readText(uploads, name, JOURNAL_FILE, JOURNAL_BYTES_MAX);
      if (!text.ok && text.error.isSilence)
        return fail(silentUploads(`The journal ${name} could not be fetched`, text.error));
      const events = text.ok ? journalEvents(text.value, name) : fail(text.error.message);
      if (events.ok) {
        journals.set(id, events.value);
        taken = name;
        break;
      }
      left.push(`${name} (${events.error})`);
    }
    if (left.length > 0) notes.push(unreadNote(id, left, taken));
  }
  return ok({ journals, notes });
}

function unreadNote(shard: string, left: readonly string[], taken: string | undefined): string {
  const [newest, ...others] = left;
  const what = `Of job ${shard} the journal ${newest}${others.length > 0 ? ` and ${others.length} before it` : ''} cannot be read`;
  return taken === undefined
    ? `${what}, and there is no other: nothing that it did counts, and its steps are made again.`
    : `${what}: ${taken} counts in its place. Steps that ended after it are made again.`;
}

async function readText(
  uploads: Uploads,
  name: string,
  file: string,
  bytesMax: number,
): Promise<Result<string, UploadRefusal>> {
  const archive = await uploads.read(name);
  if (!archive.ok) return archive;
  const files = readZip(archive.value, { filesMax: 1, bytesMax, ratioMax: 1_000 });
  if (!files.ok) return fail({ message: files.error, isSilence: false });
  const bytes = files.value.get(file);
  return bytes === undefined
    ? fail({ message: `there is no ${file} in it`, isSilence: false })
    : ok(new TextDecoder().decode(bytes));
}

async function uploadText(
  artifacts: Artifacts,
  temp: string,
  name: string,
  file: string,
  text: string,
): Promise<Result<void, string>> {
  const folder = mkdtempSync(join(temp, 'upload-'));
  try {
    writeFileSync(join(folder, file), text);
    const done = await artifacts.upload({ name, folder, files: [file], retentionDays: KEPT_DAYS });
    return done.ok ? ok(undefined) : fail(done.error.message);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Plans of an attempt of a workflow run whose digest nobody can tell any more: all that are what their names say. Whether
 * one of them is of runs of the state is for the caller to find out. A workflow run that is gone, or that this token may not
 * look into, has none, and `warn` is told.
 */
export async function readWaves(
  uploads: Uploads,
  { run, attempt, warn }: { readonly run: string; readonly attempt: number; readonly warn: (text: string) => void },
): Promise<Result<readonly Wave[], AppFailure>> {
  const names = await uploads.names();
  if (!names.ok) {
    if (names.error.isSilence)
      return fail(silentUploads(`What workflow run ${run} uploaded could not be looked for`, names.error));
    warn(unaskedUploads(run, names.error));
    return ok([]);
  }
  const waves: Wave[] = [];
  for (const name of names.value.filter((each) => each.startsWith('bl-plan-') && each.endsWith(`-a${attempt}`))) {
    const text = await readText(uploads, name, PLAN_FILE, BYTES_MAX);
    if (!text.ok && text.error.isSilence)
      return fail(silentUploads(`The plan ${name} of workflow run ${run} could not be fetched`, text.error));
    const wave = text.ok && planName(sha256(text.value), attempt) === name ? waveOf(text.value) : undefined;
    if (wave) waves.push(wave);
    else warn(`The artifact ${name} of workflow run ${run} is not what its name says, and is left out.`);
  }
  return ok(waves);
}
