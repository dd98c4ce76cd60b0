/** A text that stays the bytes that it was read as until somebody asks for it. */
export class LateText {
  readonly bytes: Buffer;
  private made: string | undefined;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  /** What UTF-8 makes of the bytes; one that is none becomes U+FFFD. */
  get text(): string {
    this.made ??= this.bytes.toString('utf8');
    return this.made;
  }
}

/** Texts by name, of which most may never be asked for: a large state has thousands of files, and is looked at in a few. */
export class LateTexts extends Map<string, string> {
  readonly #held = new Map<string, string | LateText>();

  setLate(name: string, text: LateText): this {
    this.#held.set(name, text);
    return this;
  }

  /** The text while it is late: undefined where it was not read as bytes, or is not there. */
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

/** A text as the bytes that it was read as, where it still is that. */
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
  return lateOf(texts, name)?.bytes.length ?? Buffer.byteLength(texts.get(name) ?? '', 'utf8');
}
