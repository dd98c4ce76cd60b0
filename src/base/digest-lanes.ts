import type { ByteSpan } from './byte-span.ts';

// SHA-256 of four short texts at once. A call of Node's for each of a million texts of 30 characters costs more than reading
// and parsing what they are told from, and nearly all of it is the call. The compression function is put together here
// as a small module of vector instructions, from the rounds as FIPS 180-4 writes them; the test holds it to Node's.

export const LANES = 4;

/** What is used of what each Node has, and its types do not name. */
declare const WebAssembly: {
  readonly validate: (bytes: Uint8Array) => boolean;
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { readonly m: { readonly buffer: ArrayBuffer }; readonly c: () => void } };
};

const ROUND_CONSTANTS =
  '428a2f9871374491b5c0fbcfe9b5dba53956c25b59f111f1923f82a4ab1c5ed5d807aa9812835b01243185be550c7dc372be5d7480deb1fe' +
  '9bdc06a7c19bf174e49b69c1efbe47860fc19dc6240ca1cc2de92c6f4a7484aa5cb0a9dc76f988da983e5152a831c66db00327c8bf597fc7' +
  'c6e00bf3d5a7914706ca63511429296727b70a852e1b21384d2c6dfc53380d13650a7354766a0abb81c2c92e92722c85a2bfe8a1a81a664b' +
  'c24b8b70c76c51a3d192e819d6990624f40e3585106aa07019a4c1161e376c082748774c34b0bcb5391c0cb34ed8aa4a5b9cca4f682e6ff3' +
  '748f82ee78a5636f84c878148cc7020890befffaa4506cebbef9a3f7c67178f2';
const FIRST_STATE = '6a09e667bb67ae853c6ef372a54ff53a510e527f9b05688c1f83d9ab5be0cd19';

const BLOCK_BYTES = 64;
const WORD_BYTES = 4;
const VECTOR_BYTES = 16;
// Where things lie in the memory of the module, in bytes: each word is a vector of four, one a lane.
const SCHEDULE = 0;
const CONSTANTS = SCHEDULE + 64 * VECTOR_BYTES;
const STATE = CONSTANTS + 64 * VECTOR_BYTES;

type Code = readonly number[];

/** Number as LEB128, without sign. */
function unsigned(value: number): Code {
  return value < 128 ? [value] : [(value & 127) | 128, ...unsigned(value >>> 7)];
}

const joined = (...parts: readonly Code[]): Code => parts.flat();
const vector = (code: number, ...more: number[]): Code => [0xfd, ...unsigned(code), ...more];
const get = (local: number): Code => [0x20, local];
const set = (local: number): Code => [0x21, local];
const int = (value: number): Code => [0x41, value];
const load = (offset: number): Code => vector(0x00, 4, ...unsigned(offset));
const store = (offset: number): Code => vector(0x0b, 4, ...unsigned(offset));
const XOR = vector(0x51);
const SELECT = vector(0x52);
const ADD = vector(0xae);

/** The vector of a local, shifted right or rotated right by so many bits. */
const shifted = (local: number, bits: number): Code => [...get(local), ...int(bits), ...vector(0xad)];
const rotated = (local: number, bits: number): Code => [
  ...shifted(local, bits),
  ...get(local),
  ...int(32 - bits),
  ...vector(0xab),
  ...vector(0x50),
];
const mixed = (local: number, one: number, two: number, last: Code): Code => [
  ...rotated(local, one),
  ...rotated(local, two),
  ...XOR,
  ...last,
  ...XOR,
];

// Locals: the place (an integer), the eight of the state, two more.
const PLACE = 0;
const FIRST = 1;
const LEFT = 9;
const RIGHT = 10;

/** Runs code for PLACE = 0, step, 2 × step, … below the end. */
const loop = (step: number, end: number, body: Code): Code =>
  // A loop without a result; at its end it is gone through again if what is new in PLACE is smaller than the end.
  joined(
    joined(int(0), set(PLACE), [0x03, 0x40], body),
    joined(get(PLACE), [0x41, ...signed(step)], [0x6a, 0x22, PLACE]),
    joined([0x41, ...signed(end)], [0x48, 0x0d, 0, 0x0b]),
  );

/** Number as LEB128 with a sign, for numbers that are not negative. */
function signed(value: number): Code {
  return value < 64 ? [value] : [(value & 127) | 128, ...signed(value >>> 7)];
}

function scheduleStep(): Code {
  const word = (back: number): Code => [...get(PLACE), ...load(SCHEDULE + (16 - back) * VECTOR_BYTES)];
  return [
    ...get(PLACE),
    ...joined(word(15), set(LEFT), word(2), set(RIGHT)),
    ...joined(word(16), mixed(LEFT, 7, 18, shifted(LEFT, 3)), ADD),
    ...joined(word(7), ADD, mixed(RIGHT, 17, 19, shifted(RIGHT, 10)), ADD),
    ...store(SCHEDULE + 16 * VECTOR_BYTES),
  ];
}

/** One round; instead of moving the state on, the locals change their parts. */
function round(number: number): Code {
  const local = (part: number): number => FIRST + ((part - number + 8) % 8);
  const [a, b, c, d] = [local(0), local(1), local(2), local(3)];
  const [e, f, g, h] = [local(4), local(5), local(6), local(7)];
  const at = number * VECTOR_BYTES;
  return [
    ...joined(get(h), get(PLACE), load(SCHEDULE + at), ADD, get(PLACE), load(CONSTANTS + at), ADD),
    ...joined(mixed(e, 6, 11, rotated(e, 25)), ADD),
    ...joined(get(f), get(g), get(e), SELECT, ADD, set(LEFT)),
    ...joined(get(d), get(LEFT), ADD, set(d)),
    ...joined(get(LEFT), mixed(a, 2, 13, rotated(a, 22)), ADD),
    ...joined(get(c), get(a), get(a), get(b), XOR, SELECT, ADD, set(h)),
  ];
}

function compression(): Code {
  const parts = [0, 1, 2, 3, 4, 5, 6, 7];
  const state = (part: number): Code => [...int(0), ...load(STATE + part * VECTOR_BYTES)];
  return [
    ...loop(VECTOR_BYTES, 48 * VECTOR_BYTES, scheduleStep()),
    ...parts.flatMap((part) => [...state(part), ...set(FIRST + part)]),
    ...loop(8 * VECTOR_BYTES, 64 * VECTOR_BYTES, parts.flatMap(round)),
    ...parts.flatMap((part) => [
      ...joined(int(0), state(part), get(FIRST + part), ADD),
      ...store(STATE + part * VECTOR_BYTES),
    ]),
    0x0b,
  ];
}

/** `\0asm`, version 1. */
const MAGIC: Code = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];

/** A module that exports its memory as `m` and `c`, which takes in one block of each lane. */
function moduleBytes(): Uint8Array<ArrayBuffer> {
  const sized = (bytes: Code): Code => [...unsigned(bytes.length), ...bytes];
  const section = (id: number, bytes: Code): Code => [id, ...sized(bytes)];
  const locals = [2, 1, 0x7f, 10, 0x7b];
  return new Uint8Array([
    ...MAGIC,
    ...section(1, [1, 0x60, 0, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, 1]),
    ...section(7, [2, 1, 0x6d, 2, 0, 1, 0x63, 0, 0]),
    ...section(10, [1, ...sized([...locals, ...compression()])]),
  ]);
}

/** The words of a text of hexadecimal digits. */
function wordsOf(digits: string): readonly number[] {
  return (digits.match(/.{8}/g) ?? []).map((word) => Number.parseInt(word, 16) | 0);
}

interface Engine {
  readonly compress: () => void;
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
}

let engine: Engine | null | undefined;

/** Undefined where no vectors are to be had. */
function openEngine(): Engine | undefined {
  if (engine !== undefined) return engine ?? undefined;
  const bytes = moduleBytes();
  if (!WebAssembly.validate(bytes)) {
    engine = null;
    return undefined;
  }
  const { m, c } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports;
  const words = new Int32Array(m.buffer);
  wordsOf(ROUND_CONSTANTS).forEach((word, place) => {
    const from = CONSTANTS / WORD_BYTES + place * LANES;
    words.fill(word, from, from + LANES);
  });
  engine = { compress: c, bytes: new Uint8Array(m.buffer), words };
  return engine;
}

const START = wordsOf(FIRST_STATE);
/** Hexadecimal digits of a word. */
const WORD_DIGITS = 8;
const NO_DIGIT = 16;
/** The value of each byte as a digit in lower-case hex. */
const DIGIT_OF = Uint8Array.from({ length: 256 }, (_, byte) => {
  const digit = '0123456789abcdef'.indexOf(String.fromCharCode(byte));
  return digit < 0 ? NO_DIGIT : digit;
});

/**
 * Digests of texts that are the same but for some places. The bytes of all blocks are kept with their padding, and only
 * what differs is written before each turn.
 */
export class DigestLanes {
  private readonly engine: Engine;
  /** The blocks one after the other, as they lie in the memory, each with the same text in all lanes. */
  private readonly blocks: Uint8Array;
  /** Each block by itself. */
  private readonly parts: readonly Uint8Array[];
  /** Where each byte of the text stands in the blocks, in the first lane. */
  private readonly places: Int32Array;

  private constructor(engine: Engine, padded: Uint8Array) {
    this.engine = engine;
    this.blocks = new Uint8Array(padded.length * LANES);
    // Words are read with their first byte as the highest one.
    this.places = Int32Array.from(padded, (_, at) => (at >> 2) * VECTOR_BYTES + (3 - (at & 3)));
    padded.forEach((byte, at) => {
      for (let lane = 0; lane < LANES; lane++) this.blocks[this.places[at]! + lane * WORD_BYTES] = byte;
    });
    const bytes = BLOCK_BYTES * LANES;
    this.parts = Array.from({ length: padded.length / BLOCK_BYTES }, (_, block) =>
      this.blocks.subarray(block * bytes, (block + 1) * bytes),
    );
  }

  /** For texts like this one (as UTF-8); undefined where this machine cannot. */
  static like(text: string): DigestLanes | undefined {
    const opened = openEngine();
    if (opened === undefined) return undefined;
    const own = new TextEncoder().encode(text);
    const padded = new Uint8Array(Math.ceil((own.length + 9) / BLOCK_BYTES) * BLOCK_BYTES);
    padded.set(own);
    padded[own.length] = 0x80;
    new DataView(padded.buffer).setUint32(padded.length - WORD_BYTES, own.length * 8);
    return new DigestLanes(opened, padded);
  }

  /**
   * Writes a text of printable ASCII that stands in JSON as it is, in a lane, from a byte on. False when it holds
   * anything else: then the lane holds no text.
   */
  put(lane: number, at: number, { bytes, from, length }: ByteSpan): boolean {
    const { blocks, places } = this;
    for (let i = 0; i < length; i++) {
      const code = bytes[from + i]!;
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false;
      blocks[places[at + i]! + lane * WORD_BYTES] = code;
    }
    return true;
  }

  /** Makes the digests of all lanes; they stand until this is called for any others. */
  digest(): void {
    const { bytes, words, compress } = this.engine;
    for (let part = 0; part < START.length; part++) {
      const from = STATE / WORD_BYTES + part * LANES;
      words[from] = words[from + 1] = words[from + 2] = words[from + 3] = START[part]!;
    }
    for (const part of this.parts) {
      bytes.set(part, SCHEDULE);
      compress();
    }
  }

  /** True when the digest of a lane begins with these digits in lower-case hex. */
  beginsWith(lane: number, { bytes, from, length }: ByteSpan): boolean {
    const { words } = this.engine;
    for (let done = 0; done < length; done += WORD_DIGITS) {
      const digits = Math.min(WORD_DIGITS, length - done);
      let value = 0;
      let all = 0;
      for (let i = from + done; i < from + done + digits; i++) {
        const digit = DIGIT_OF[bytes[i]!]!;
        value = (value << 4) | digit;
        all |= digit;
      }
      const word = words[STATE / WORD_BYTES + (done / WORD_DIGITS) * LANES + lane]!;
      if (all >= NO_DIGIT || word >>> (32 - 4 * digits) !== value >>> 0) return false;
    }
    return true;
  }
}
