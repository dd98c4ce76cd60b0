import {
  closeSync,
  existsSync,
  fdatasync,
  fsyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { sha256 } from '../base/digest.ts';
import type { Journal, Journals, OrphanJournal } from '../ports-state.ts';
import type { ProcessHolder, ProcessHolders } from './holders.ts';
import { readableNames, readableText } from './readable-files.ts';

/**
 * A journal is `<writer>.jsonl`: a header that names its owner, then events as they come, and in between marks that
 * say how many of them are committed. While somebody adopts it,
 * it is `<writer>.jsonl.held-<pid>~<start>~<boot>~<machine>~<n>`: an adopter that dies is an owner that is gone.
 */
interface Header {
  readonly journal: 1;
  readonly writer: string;
  readonly owner: ProcessHolder;
}

const syncData = promisify(fdatasync);

const MARK = '{"journal.confirmed":';
const HELD = '.held-';

/**
 * Journals of one project on this machine, in a folder that is made when the first line is written. What a journal's
 * `confirm` counts are the lines appended since it was opened. Throws what the file system throws (a full disk).
 */
export function createJournals(folder: string, holders: ProcessHolders): Journals {
  return {
    open: (writer) => openJournal(folder, { journal: 1, writer, owner: holders.self }),
    adopt() {
      const adopted: OrphanJournal[] = [];
      for (const name of readableNames(folder)) {
        const orphan = adoptJournal(folder, name, holders);
        if (orphan !== undefined) adopted.push(orphan);
      }
      return adopted;
    },
    setAside(writer, lines) {
      const header: Header = { journal: 1, writer, owner: holders.self };
      const path = join(folder, 'aside', `${fileName(writer)}-${process.pid}-${++held}.jsonl`);
      mkdirSync(join(folder, 'aside'), { recursive: true });
      writeFileSync(path, [JSON.stringify(header), ...lines, ''].join('\n'), { flag: 'wx', flush: true });
      return path;
    },
  };
}

function openJournal(folder: string, header: Header): Journal {
  const path = join(folder, `${fileName(header.writer)}.jsonl`);
  const start = `${JSON.stringify(header)}\n`;
  let file: number | undefined;
  let appended = 0;
  let confirmed = 0;
  /** Lines appended before the first that is in the file. */
  let base = 0;
  let isNamed = false;
  /** Set while bytes are on their way to the disk; stays, rejected, when they did not get there. */
  let syncing: Promise<void> | undefined;
  /** More has to be written through than what is on its way. */
  let isBehind = false;

  // No file before the first line: a command that records nothing leaves nothing.
  const opened = (): number => {
    if (file !== undefined) return file;
    mkdirSync(folder, { recursive: true });
    // Made aside, so that a journal always has a whole header.
    const aside = `${path}.new`;
    const made = openSync(aside, 'w');
    writeSync(made, start);
    closeSync(made);
    renameSync(aside, path);
    file = openSync(path, 'a');
    base = appended;
    return file;
  };

  // Beside the work: a disk takes longer than a small step, and several ends can share one write. Bytes of a file reach
  // the disk in order as far as a reader can tell, so what follows an event is never there without it.
  const writeThrough = (target: number): void => {
    isBehind = true;
    syncing ??= (async () => {
      while (isBehind) {
        isBehind = false;
        await syncData(target);
        // The name must be on disk as well, or the bytes are not found after a power cut.
        if (!isNamed) syncFolder(folder);
        isNamed = true;
      }
      syncing = undefined;
    })();
    // Told to who asks by `synced`.
    syncing.catch(() => undefined);
  };

  return {
    place: path,
    append(lines, sync) {
      const isNew = file === undefined;
      if (isNew && lines.length === 0) return;
      const target = opened();
      writeAll(target, lines.map((line) => `${line}\n`).join(''));
      appended += lines.length;
      if (isNew) isNamed = false;
      if (sync) writeThrough(target);
    },
    async synced() {
      await syncing;
    },
    confirm(lines) {
      if (file === undefined || lines <= confirmed) return;
      confirmed = Math.min(lines, appended);
      if (confirmed === appended) {
        // Nothing is pending: back to the header.
        ftruncateSync(file, Buffer.byteLength(start));
        base = appended;
      } else {
        writeAll(file, `${MARK}${confirmed - base}}\n`);
      }
    },
    close() {
      if (file === undefined) return;
      closeSync(file);
      file = undefined;
      rmSync(path, { force: true });
    },
  };
}

/** Files of this process that must not be one: adopted, released and set aside. */
let held = 0;

function adoptJournal(folder: string, name: string, holders: ProcessHolders): OrphanJournal | undefined {
  const [base, holder] = name.split(HELD);
  if (base?.endsWith('.jsonl') !== true) return undefined;
  const header = parseHeader(readableText(join(folder, name)) ?? '');
  const owner = holder === undefined ? header?.owner : parseHolder(holder);
  if (header === undefined || owner === undefined || !isGone(owner, holders)) return undefined;
  const mine = join(folder, `${base}${HELD}${holderName(holders.self)}~${++held}`);
  try {
    renameSync(join(folder, name), mine);
  } catch {
    return undefined; // another command was first
  }
  return {
    writer: header.writer,
    lines: pendingLines(readableText(mine) ?? ''),
    discard: () => rmSync(mine, { force: true }),
    release() {
      // The writer's name may be in use again (a job that was started once more).
      const free = existsSync(join(folder, base)) ? base.replace(/\.jsonl$/, `.${process.pid}-${++held}.jsonl`) : base;
      renameSync(mine, join(folder, free));
    },
  };
}

/** Gone for a file of this folder: also when this machine was started anew since, as after a power cut. */
function isGone(owner: ProcessHolder, holders: ProcessHolders): boolean {
  const { machine, boot } = holders.self;
  const isBeforeBoot = owner.machine === machine && owner.boot !== boot && owner.boot !== '' && boot !== '';
  return isBeforeBoot || holders.judge(owner) === 'gone';
}

function parseHeader(text: string): Header | undefined {
  try {
    const header = JSON.parse(text.slice(0, Math.max(text.indexOf('\n'), 0))) as Partial<Header> | null;
    const isHeader = header?.journal === 1 && typeof header.writer === 'string' && header.owner?.kind === 'process';
    return isHeader ? (header as Header) : undefined;
  } catch {
    return undefined;
  }
}

/** The lines after the header that no mark covers; a last line without its end was cut off by a crash. */
function pendingLines(text: string): string[] {
  const lines = text.split('\n').slice(1, -1);
  const events = lines.filter((line) => !line.startsWith(MARK));
  const mark = lines.findLast((line) => line.startsWith(MARK));
  return events.slice(mark === undefined ? 0 : Number.parseInt(mark.slice(MARK.length), 10));
}

function holderName({ pid, start, boot, machine }: ProcessHolder): string {
  return [String(pid), start, boot, machine].map(fileName).join('~');
}

function parseHolder(name: string): ProcessHolder | undefined {
  const [pid, start, boot, machine] = name.split('~').map(decodeURIComponent);
  if (machine === undefined) return undefined;
  return { kind: 'process', machine, boot: boot!, pid: Number(pid), start: start! };
}

/** `[A-Za-z0-9_.-]` stay, any other byte becomes `%XX`; what is too long for a file system ends in a digest. */
function fileName(name: string): string {
  const encoded = [...Buffer.from(name)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) =>
      /[A-Za-z0-9_.-]/.test(char) ? char : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
    )
    .join('');
  return encoded.length > 120 ? `${encoded.slice(0, 100)}-${sha256(name).slice(0, 16)}` : encoded;
}

function writeAll(file: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}

function syncFolder(folder: string): void {
  // Windows has no such thing.
  if (process.platform === 'win32') return;
  const file = openSync(folder, 'r');
  fsyncSync(file);
  closeSync(file);
}
