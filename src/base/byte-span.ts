/** A short text of ASCII that stands within bytes: whoever looks at ten thousand of them has no text made for each. */
export interface ByteSpan {
  bytes: Uint8Array;
  from: number;
  length: number;
}

/** A text that is longer is no short one. */
export const SPAN_LENGTH_MAX = 64;

/** A span to be written into, with room of its own for one text. */
export class SpanRoom implements ByteSpan {
  bytes: Uint8Array;
  from = 0;
  length = 0;
  private readonly own = new Uint8Array(SPAN_LENGTH_MAX);

  constructor() {
    this.bytes = this.own;
  }

  /** Holds a text of its own; false where that is too long or not ASCII. */
  hold(text: string): boolean {
    if (text.length > SPAN_LENGTH_MAX) return false;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code > 0x7f) return false;
      this.own[i] = code;
    }
    this.bytes = this.own;
    this.from = 0;
    this.length = text.length;
    return true;
  }

  /** Stands where another one does. */
  follow({ bytes, from, length }: ByteSpan): void {
    this.bytes = bytes;
    this.from = from;
    this.length = length;
  }
}

export function textOfSpan({ bytes, from, length }: ByteSpan): string {
  const end = from + length;
  let text = '';
  let at = from;
  // Four at a time: spreading the bytes takes several times as long.
  for (; at + 4 <= end; at += 4)
    text += String.fromCharCode(bytes[at]!, bytes[at + 1]!, bytes[at + 2]!, bytes[at + 3]!);
  for (; at < end; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
