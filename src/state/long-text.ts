const BEYOND_ASCII = /[\u0080-\uffff]/;

/**
 * A text in pieces of at most so many bytes of UTF-8 each, never cut within a character. Joined they are the text again.
 * What the state has no room for in one line or file is written so: a reader needs no more than to join.
 */
export function piecesOf(text: string, bytesMax: number): string[] {
  // A code unit has three bytes at the most.
  const most = BEYOND_ASCII.test(text) ? Math.floor(bytesMax / 3) : bytesMax;
  const pieces: string[] = [];
  for (let from = 0; from < text.length; ) {
    let end = Math.min(text.length, from + most);
    if (end < text.length && isLowSurrogate(text.charCodeAt(end))) end--;
    pieces.push(text.slice(from, end));
    from = end;
  }
  return pieces;
}

function isLowSurrogate(code: number): boolean {
  return code >= 0xdc00 && code < 0xe000;
}
