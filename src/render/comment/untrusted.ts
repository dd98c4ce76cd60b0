import { code, type Markdown, oneLine, text } from '../markdown.ts';

/**
 * Text for a comment on GitHub, on top of what is true of all our Markdown (render/markdown.ts): there, emoji names
 * become images, and commit ids and numbers links. Also format characters that nobody sees are shown as what they are.
 */
export function commentText(raw: string, most = 300): Markdown {
  return (
    text(plain(raw), most)
      .replace(/:(?=[A-Za-z0-9_+-]+:)/g, `:${BREAK}`)
      // An id of a commit has seven digits or more.
      .replace(/\b[0-9a-f]{7,}\b/gi, (id) => id.replace(/.{6}/g, `$&${BREAK}`)) as Markdown
  );
}

/** A name in the font of code, where GitHub looks for none of it. */
export function commentCode(raw: string, most = 120): Markdown {
  return code(plain(raw), most);
}

/** A message of ours or of somebody: what stands between backquotes is in the font of code. */
export function commentMessage(raw: string, most = 300): Markdown {
  const line = oneLine(plain(raw), most);
  const parts = line.split('`');
  // Without its closing half a backquote is a character like any other.
  if (parts.length % 2 === 0) return commentText(line, most);
  return parts.map((part, i) => (i % 2 === 1 ? commentCode(part, most) : edge(part, i, parts))).join('') as Markdown;
}

/** Text beside code: its blanks at the edges count, and what would begin a line elsewhere does not here. */
function edge(part: string, i: number, parts: readonly string[]): string {
  const before = i > 0 && part.startsWith(' ') ? ' ' : '';
  const after = i < parts.length - 1 && part.endsWith(' ') && part.trim() !== '' ? ' ' : '';
  return `${before}${commentText(part, part.length + 1)}${after}`;
}

const BREAK = '\u200b';

/** Format characters (soft hyphens, zero-width and bidirectional ones, tags) could hide what a person reads. */
function plain(raw: string): string {
  return raw.replace(/\p{Cf}/gu, (char, at: number) => (char === '\u200d' && joinsEmoji(raw, at) ? char : '\ufffd'));
}

function joinsEmoji(raw: string, at: number): boolean {
  return (
    /\p{Extended_Pictographic}\ufe0f?$/u.test(raw.slice(Math.max(0, at - 3), at)) &&
    /^\p{Extended_Pictographic}/u.test(raw.slice(at + 1, at + 3))
  );
}
