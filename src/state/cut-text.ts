// Long texts cut to what a record has room for. A fold needs no more than this of the bounds of events (bounds.ts), which
// only a commit loads.

import { utf8Bytes } from './layout.ts';

/** The beginning of a text with a mark, at most `bytesMax` bytes. */
export function cutEnd(text: string, bytesMax: number): string {
  if (utf8Bytes(text) <= bytesMax) return text;
  const mark = `… (cut: ${utf8Bytes(text)} bytes)`;
  return text.slice(0, lengthOfBytes(text, bytesMax - utf8Bytes(mark))) + mark;
}

/** The last whole lines of a text with a mark, at most `bytesMax` bytes. */
export function cutStart(text: string, bytesMax: number): string {
  if (utf8Bytes(text) <= bytesMax) return text;
  const mark = '… (cut)\n';
  const reversed = Array.from(text).reverse().join('');
  const kept = text.slice(text.length - lengthOfBytes(reversed, bytesMax - utf8Bytes(mark)));
  const lineEnd = kept.indexOf('\n');
  // A last line longer than the limit is kept in part rather than not at all.
  return mark + (lineEnd >= 0 && lineEnd < kept.length - 1 ? kept.slice(lineEnd + 1) : kept);
}

/** How many code units of the text fit in so many bytes, without splitting a character. */
function lengthOfBytes(text: string, bytesMax: number): number {
  let bytes = 0;
  let length = 0;
  for (const char of text) {
    bytes += utf8Bytes(char);
    if (bytes > bytesMax) break;
    length += char.length;
  }
  return length;
}
