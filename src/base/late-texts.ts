/**
 * A text that stays what it was read as until somebody asks for it: bytes, or a string with a character for each byte, in
 * which what is built from ASCII can be looked for as it is.
 */
export class LateText {
  #source: Buffer | string;
  #text: string | undefined;

  /** A string has one character for each byte. */
  constructor(source: Buffer | string) {
    this.#source = source;
  }

  /** Bytes. */
  get length(): number {
    return this.#source.length;
  }

  /** A character for each byte. */
  get characters(): string {
    if (typeof this.#source !== 'string') this.#source = this.#source.toString('latin1');
    return this.#source;
  }

  /** What UTF-8 makes of the bytes; one that is none becomes U+FFFD. */
  get text(): string {
    this.#text ??= typeof this.#source === 'string' ? textOfCharacters(this.#source) : this.#source.toString('utf8');
    return this.#text;
  }
}

/** What UTF-8 makes of bytes of which each is a character. */
export function textOfCharacters(characters: string): string {
  return Buffer.from(characters, 'latin1').toString('utf8');
}

/** A text as its bytes in UTF-8, each a character. */
export function charactersOfText(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Texts by name, of which most may never be asked for: a large state has thousands of files, and is looked at in a few. */
export class LateTexts extends Map<string, string> {
  readonly #held = new Map<string, string | LateText>();

  setLate(name: string, text: LateText): this {
    this.#held.set(name, text);
    return this;
  }

  /** The text while it is late: undefined where it is one already, or is not there. */
  late(name: string): LateText | undefined {
    const held = this.#held.get(name);
    return held instanceof LateText ? held : undefined;
  }

  /** Takes a text over as it is held there; false where there is none. */
  take(from: ReadonlyMap<string, string>, name: string): boolean {
    const held = lateOf(from, name) ?? from.get(name);
    if (held === undefined) return false;
    this.#held.set(name, held);
    return true;
  }

  override get size(): number {
    return this.#held.size;
  }

  override has(name: string): boolean {
    return this.#held.has(name);
  }

  override get(name: string): string | undefined {
    const held = this.#held.get(name);
    return held instanceof LateText ? held.text : held;
  }

  override set(name: string, text: string): this {
    this.#held.set(name, text);
    return this;
  }

  override delete(name: string): boolean {
    return this.#held.delete(name);
  }

  override clear(): void {
    this.#held.clear();
  }

  override *entries(): MapIterator<[string, string]> {
    for (const name of this.#held.keys()) yield [name, this.get(name)!];
  }

  override keys(): MapIterator<string> {
    return this.#held.keys();
  }

  override *values(): MapIterator<string> {
    for (const [, text] of this.entries()) yield text;
  }

  override [Symbol.iterator](): MapIterator<[string, string]> {
    return this.entries();
  }

  override forEach(each: (text: string, name: string, map: Map<string, string>) => void, self?: unknown): void {
    for (const [name, text] of this.entries()) each.call(self, text, name, this);
  }
}

/** A text as what it was read as, where it still is that. */
export function lateOf(texts: ReadonlyMap<string, string | null>, name: string): LateText | undefined {
  return texts instanceof LateTexts ? texts.late(name) : undefined;
}

/** Those of the texts that have such a name, and no text is made for it. */
export function textsOf(texts: ReadonlyMap<string, string>, names: Iterable<string>): LateTexts {
  const own = new LateTexts();
  for (const name of names) own.take(texts, name);
  return own;
}

/** The bytes of a text in UTF-8; 0 where there is none. */
export function bytesOf(texts: ReadonlyMap<string, string | null>, name: string): number {
  return lateOf(texts, name)?.length ?? Buffer.byteLength(texts.get(name) ?? '', 'utf8');
}
