import { fail, ok, type Result } from '../base/result.ts';
import type { EpochMs } from '../model/instant.ts';
import type { PushedRef } from './git-remote-ref.ts';
import type { ListedRef, Published } from './git-state-ref.ts';

/**
 * The smart HTTP protocol, as much of it as a state branch needs: version 2 to read, version 0 to push (git has no other).
 * Formats: gitprotocol-v2(5), gitprotocol-pack(5), gitprotocol-common(5).
 */
export interface WireServer {
  /** Refs whose names begin with one of the prefixes. */
  listRefs(prefixes: readonly string[]): Promise<Result<WireRefs, WireFailure>>;
  /** A pack with what is wanted; an empty one is undefined. */
  fetchPack(wanted: WantedPack): Promise<Result<Buffer | undefined, WireFailure>>;
  push(refs: readonly PushedRef[], pack: Buffer | undefined, atomic: boolean): Promise<Published>;
  /** Whether the server can leave out what was not asked for; undefined before the first answer. */
  canFilter(): boolean | undefined;
}

/** `status`: that of the answer, where it was a refusal. */
export interface WireFailure {
  readonly words: string;
  readonly status?: number;
}

export interface WireRefs {
  readonly refs: readonly ListedRef[];
  /** The server's `Date`. */
  readonly serverNow: EpochMs | undefined;
}

export interface WantedPack {
  readonly wants: readonly string[];
  /** Commits that are here. */
  readonly haves?: readonly string[];
  /** Those of them whose parents are not. */
  readonly shallow?: readonly string[];
  readonly depth?: number;
  readonly filter?: 'blob:none' | 'tree:0';
}

export interface WireOptions {
  /** Without a slash at the end. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For a request with its answer. */
  readonly timeoutMs?: number;
}

const ZERO = '0'.repeat(40);
const TIMEOUT_MS = 120_000;
const AGENT = 'git/branchline';

/** A server at an http or https address. */
export function wireServer(options: WireOptions): WireServer {
  let features: ReadonlySet<string> | undefined;

  async function request(
    path: string,
    body: Buffer | undefined,
    headers: Record<string, string>,
  ): Promise<Result<Answer, WireFailure>> {
    try {
      const response = await fetch(`${options.url}${path}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { 'User-Agent': AGENT, ...options.headers, ...headers },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS),
      });
      const bytes = Buffer.from(await response.arrayBuffer());
      if (!response.ok) return fail({ words: statusText(response.status), status: response.status });
      const date = Date.parse(response.headers.get('date') ?? '');
      return ok({ bytes, serverNow: Number.isNaN(date) ? undefined : date });
    } catch (error) {
      return fail({ words: errorText(error) });
    }
  }

  const v2 = { 'Git-Protocol': 'version=2' };
  async function command(lines: readonly Packet[]): Promise<Result<Answer, WireFailure>> {
    if (features === undefined) {
      const advertised = await request('/info/refs?service=git-upload-pack', undefined, v2);
      if (!advertised.ok) return advertised;
      const said = texts(advertised.value.bytes);
      if (!said.includes('version 2'))
        return fail({ words: 'the server does not speak version 2 of the git protocol' });
      features = new Set((said.find((line) => line.startsWith('fetch=')) ?? '').slice('fetch='.length).split(' '));
    }
    return request('/git-upload-pack', encode(lines), {
      ...v2,
      'Content-Type': 'application/x-git-upload-pack-request',
      Accept: 'application/x-git-upload-pack-result',
    });
  }

  return {
    canFilter: () => features?.has('filter'),
    async listRefs(prefixes) {
      const answer = await command([
        'command=ls-refs\n',
        `agent=${AGENT}`,
        DELIMITER,
        ...prefixes.map((prefix) => `ref-prefix ${prefix}\n`),
        FLUSH,
      ]);
      if (!answer.ok) return answer;
      const refs: ListedRef[] = [];
      for (const line of texts(answer.value.bytes)) {
        if (line.startsWith('ERR ')) return fail({ words: line.slice(4) });
        const [id, ref] = line.split(' ');
        if (id !== undefined && ref !== undefined && /^[0-9a-f]{40}$/.test(id)) refs.push({ id, ref });
      }
      return ok({ refs, serverNow: answer.value.serverNow });
    },
    async fetchPack({ wants, haves = [], shallow = [], depth, filter }) {
      const answer = await command([
        'command=fetch\n',
        `agent=${AGENT}`,
        DELIMITER,
        'ofs-delta\n',
        'no-progress\n',
        ...shallow.map((commit) => `shallow ${commit}\n`),
        ...(depth === undefined ? [] : [`deepen ${depth}\n`]),
        ...(filter === undefined || !features?.has('filter') ? [] : [`filter ${filter}\n`]),
        ...wants.map((id) => `want ${id}\n`),
        ...haves.map((commit) => `have ${commit}\n`),
        'done\n',
        FLUSH,
      ]);
      return answer.ok ? packOf(answer.value.bytes) : answer;
    },
    async push(refs, pack, atomic) {
      const advertised = await request('/info/refs?service=git-receive-pack', undefined, {});
      if (!advertised.ok) return { kind: 'unanswered', words: advertised.error.words };
      const offered = texts(advertised.value.bytes).find((line) => line.includes('\0')) ?? '';
      const can = new Set(offered.slice(offered.indexOf('\0') + 1).split(' '));
      if (atomic && !can.has('atomic')) return { kind: 'refused', words: 'the server cannot push atomically' };
      const asked = ['report-status', 'side-band-64k', ...(atomic ? ['atomic'] : []), `agent=${AGENT}`];
      const commands = refs.map(({ ref, from, to }, i) => {
        const line = `${from ?? ZERO} ${to ?? ZERO} ${ref}`;
        return i === 0
          ? `${line}\0 ${asked.filter((name) => name.startsWith('agent') || can.has(name)).join(' ')}`
          : line;
      });
      const body = Buffer.concat([encode([...commands, FLUSH]), pack ?? Buffer.alloc(0)]);
      const answer = await request('/git-receive-pack', body, {
        'Content-Type': 'application/x-git-receive-pack-request',
        Accept: 'application/x-git-receive-pack-result',
      });
      if (!answer.ok) return { kind: 'unanswered', words: answer.error.words };
      return publishedOf(answer.value.bytes, can.has('side-band-64k'));
    },
  };
}

interface Answer {
  readonly bytes: Buffer;
  readonly serverNow: EpochMs | undefined;
}

const FLUSH = Symbol('0000');
const DELIMITER = Symbol('0001');
type Packet = string | typeof FLUSH | typeof DELIMITER;

function encode(packets: readonly Packet[]): Buffer {
  const parts = packets.map((packet) => {
    if (packet === FLUSH) return Buffer.from('0000');
    if (packet === DELIMITER) return Buffer.from('0001');
    const bytes = Buffer.from(packet as string);
    return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
  });
  return Buffer.concat(parts);
}

/** The data packets of an answer, one after the other; what is no packet ends it. */
function* packets(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at + 4 <= bytes.length; ) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 4), 16);
    if (Number.isNaN(length)) return;
    if (length < 4) {
      at += 4;
      continue;
    }
    yield bytes.subarray(at + 4, at + length);
    at += length;
  }
}

function texts(bytes: Buffer): string[] {
  return [...packets(bytes)].map((packet) => packet.toString().replace(/\n$/, ''));
}

/** Bands of a multiplexed answer: 1 is data, 2 is for people, 3 an error. */
function bands(all: Iterable<Buffer>): { readonly data: Buffer; readonly words: string; readonly error: string } {
  const data: Buffer[] = [];
  let words = '';
  let error = '';
  for (const packet of all) {
    if (packet[0] === 1) data.push(packet.subarray(1));
    else if (packet[0] === 2) words += packet.toString('utf8', 1);
    else if (packet[0] === 3) error += packet.toString('utf8', 1);
  }
  return { data: Buffer.concat(data), words, error };
}

function packOf(bytes: Buffer): Result<Buffer | undefined, WireFailure> {
  const all = [...packets(bytes)];
  const start = all.findIndex((packet) => packet.toString('latin1') === 'packfile\n');
  if (start < 0) {
    const said = all.map((packet) => packet.toString()).find((line) => line.startsWith('ERR '));
    return fail({ words: said?.slice(4).trim() ?? 'the server sent no pack' });
  }
  const { data, error } = bands(all.slice(start + 1));
  if (error !== '') return fail({ words: error.trim() });
  // Header, number of objects, digest: shorter is cut.
  if (data.length < 32 || data.toString('latin1', 0, 4) !== 'PACK')
    return fail({ words: 'the server sent half a pack' });
  return ok(data.readUInt32BE(8) === 0 ? undefined : data);
}

function publishedOf(bytes: Buffer, isMultiplexed: boolean): Published {
  const { data, words } = isMultiplexed ? bands(packets(bytes)) : { data: bytes, words: '' };
  const lines = texts(data);
  const refused = lines.filter((line) => line.startsWith('ng '));
  if (lines[0] === 'unpack ok' && refused.length === 0) return { kind: 'published' };
  if (lines.length === 0)
    return { kind: 'unanswered', words: words.trim() || 'the server did not say what became of it' };
  const unpack = lines[0] === 'unpack ok' ? [] : [lines[0]!];
  return {
    kind: 'refused',
    words: [...unpack, ...refused.map((line) => line.slice(3)), words.trim()].filter(Boolean).join(' / '),
  };
}

function statusText(status: number): string {
  if (status === 401 || status === 403) return `the server wants other credentials (HTTP ${status})`;
  if (status === 404) return 'there is no such repository for this account (HTTP 404)';
  return `HTTP ${status}`;
}

function errorText(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === 'TimeoutError') return 'no answer in time';
  return error.cause instanceof Error ? error.cause.message : error.message;
}
