/** Members of a leaf in the order of their lines; `handled` is there only where assets ask for their runs by themselves. */
const MEMBERS = [
  'at',
  'checks',
  'code',
  'data',
  'failed',
  'files',
  'handled',
  'keys',
  'rows',
  'run',
  'turn',
  'used',
] as const;
type Member = (typeof MEMBERS)[number];
export type Between = readonly [from: number, to: number];

const HEAD = '{"asset":';
const LAST = '"v":1}\n';
/** Values that are short are mostly a few for all leaves. */
const SHORT_MAX = 40;
const KNOWN_MAX = 256;
const encoder = new TextEncoder();

/** What was parsed before, by its text: assets that are cut alike have the same keys, leaf by leaf. */
class Known {
  private readonly values = new Map<string, unknown>();

  /** Undefined where the text is no JSON. */
  parse(text: string): unknown {
    const known = this.values.get(text);
    if (known !== undefined) return known;
    const value = parse(text);
    if (this.values.size >= KNOWN_MAX) this.values.clear();
    this.values.set(text, value);
    return value;
  }
}

const lists = new Known();
const shorts = new Known();
let scratch = new Uint8Array(1 << 16);

/**
 * A leaf in ASCII that is written as `encodeLeaf` writes it, a member a line. That a value is JSON is for who reads it to
 * find out. What is parsed here is shared: nobody changes it.
 */
export class LeafText {
  readonly asset: string;
  /** The text; they stand only until the next one is split. */
  readonly bytes: Uint8Array;
  private readonly content: string;
  private readonly members: ReadonlyMap<Member, Between>;

  private constructor(content: string, asset: string, members: ReadonlyMap<Member, Between>) {
    this.content = content;
    this.asset = asset;
    this.members = members;
    this.bytes = scratch;
  }

  /** Undefined for any other text. */
  static split(content: string): LeafText | undefined {
    const members = membersOf(content);
    if (members === undefined) return undefined;
    const asset = shorts.parse(content.slice(HEAD.length, members.get('at')![0] - '"at":'.length - 2));
    if (typeof asset !== 'string') return undefined;
    // Three times as many: the room that text takes at most.
    if (scratch.length < 3 * content.length) scratch = new Uint8Array(3 * content.length);
    const { written } = encoder.encodeInto(content, scratch);
    return written === content.length ? new LeafText(content, asset, members) : undefined;
  }

  has(member: Member): boolean {
    return this.members.has(member);
  }

  /** Where the value of a member stands. */
  between(member: Member): Between {
    return this.members.get(member)!;
  }

  /** The value of a member; undefined where it is no JSON. */
  value(member: Member): unknown {
    const [from, to] = this.between(member);
    const text = this.content.slice(from, to);
    return to - from <= SHORT_MAX ? shorts.parse(text) : parse(text);
  }

  /** The keys; undefined where they are no list of texts. One list for all leaves that have the same. */
  keys(): readonly string[] | undefined {
    const [from, to] = this.between('keys');
    const keys = lists.parse(this.content.slice(from, to));
    return Array.isArray(keys) && keys.every((key) => typeof key === 'string') ? keys : undefined;
  }
}

function membersOf(content: string): ReadonlyMap<Member, Between> | undefined {
  if (!content.startsWith(HEAD)) return undefined;
  let at = content.indexOf('\n') + 1;
  if (at === 0 || content[at - 2] !== ',') return undefined;
  const members = new Map<Member, Between>();
  for (const name of MEMBERS) {
    if (!content.startsWith(`"${name}":`, at)) {
      if (name === 'handled') continue;
      return undefined;
    }
    const end = content.indexOf('\n', at);
    if (end < 0 || content[end - 1] !== ',') return undefined;
    members.set(name, [at + name.length + 3, end - 1]);
    at = end + 1;
  }
  return content.length === at + LAST.length && content.endsWith(LAST) ? members : undefined;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
