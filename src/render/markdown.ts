/**
 * Markdown as GitHub reads it (GFM), made of text that comes from outside: names, messages, logs. Nothing in such a text
 * may open a link, an image, HTML, a mention, a table cell, a heading, a list or a fence; it is shown as it is.
 */

/** Text that is Markdown already. The type keeps raw text from slipping in unescaped. */
export type Markdown = string & { readonly markdown: true };

// Control characters, bidirectional overrides and lone surrogates could hide or reorder what a person reads.
const INVISIBLE =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that must not reach a page
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Characters that mean something to GFM, HTML or GitHub's math wherever they stand. `|` is never written as itself. */
const SPECIAL: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  '`': '\\`',
  '*': '\\*',
  '[': '\\[',
  ']': '\\]',
  '~': '\\~',
  '<': '&lt;',
  '>': '&gt;',
  '&': '&amp;',
  // By name: a `#` before a digit would be taken for the number of an issue.
  '|': '&vert;',
  $: '&dollar;',
};

/** A zero-width space breaks what GitHub would turn into a link after it has read the Markdown; people see no change. */
const BREAK = '\u200b';

/** Text of ours that is Markdown. Never for text from outside. */
export function own(text: string): Markdown {
  return text as Markdown;
}

/** Several pieces with a separator of ours between them. */
export function join(parts: readonly Markdown[], separator: string): Markdown {
  return parts.join(separator) as Markdown;
}

/**
 * Text from outside within a line: a paragraph, a heading, a list item or a table cell, also as its first word. Line breaks
 * become spaces; longer than `most` UTF-16 code units it is cut and ends in `…`.
 */
export function text(raw: string, most = 300): Markdown {
  const line = oneLine(raw, most);
  const escaped = line
    .replace(/[\\`*[\]~<>&|$]/g, (char) => SPECIAL[char]!)
    // Between letters an underscore means nothing, and names read better without the backslash.
    .replace(/_/g, (char, at: number, whole: string) =>
      isWordAt(whole, at - 1) && isWordAt(whole, at + 1) ? char : '\\_',
    )
    .replace(/@(?=\S)/g, `@${BREAK}`)
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/(gh)-(?=\d)/gi, `$1-${BREAK}`)
    .replace(/:(?=\/\/)/g, `:${BREAK}`)
    .replace(/(www)\./gi, `$1${BREAK}.`)
    .replace(/(mailto|xmpp):/gi, `$1${BREAK}:`)
    // At the end of a heading `#` would be swallowed.
    .replace(/#+$/, (run) => '\\#'.repeat(run.length))
    // At the start of a line these begin a heading, a list or a rule.
    .replace(/^([-+=#])/, '\\$1')
    .replace(/^(\d{1,9})([.)])/, '$1\\$2');
  return escaped as Markdown;
}

function isWordAt(whole: string, at: number): boolean {
  return /^[A-Za-z0-9]$/.test(whole.charAt(at));
}

/** A name or a value in the font of code: no mention, link or math is looked for there. */
export function code(raw: string, most = 120): Markdown {
  const line = oneLine(raw, most);
  if (line === '') return '' as Markdown;
  // A code span can hold neither a `|` of a table nor a backquote without further rules: those go as HTML.
  if (!/[`|\\]/.test(line)) return `\`${line}\`` as Markdown;
  return `<code>${text(line, most)}</code>` as Markdown;
}

/** A message within a line, as `text`: what stands between backquotes is in the font of code. */
export function message(raw: string, most = 300): Markdown {
  const line = oneLine(raw, most);
  const parts = line.split('`');
  // Without its closing half a backquote is a character like any other.
  if (parts.length % 2 === 0) return text(line, most);
  return parts.map((part, i) => (i % 2 === 1 ? code(part, most) : beside(part, i, parts))).join('') as Markdown;
}

/** Text beside code: its blanks at the edges count. */
function beside(part: string, i: number, parts: readonly string[]): string {
  const before = i > 0 && part.startsWith(' ') ? ' ' : '';
  const after = i < parts.length - 1 && part.endsWith(' ') && part.trim() !== '' ? ' ' : '';
  return `${before}${text(part, part.length + 1)}${after}`;
}

/** Text from outside as one line: no control characters, single spaces, cut. */
export function oneLine(raw: string, most: number): string {
  const line = visible(raw).replace(/\s+/g, ' ').trim();
  if (line.length <= most) return line;
  const kept = line.slice(0, most - 1);
  // Never half of a surrogate pair.
  return `${/[\ud800-\udbff]$/.test(kept) ? kept.slice(0, -1) : kept}…`;
}

/** Lines from outside, each as it is, in a fence that they cannot close. */
export function fence(raw: string): Markdown {
  const lines = visible(raw)
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/\n+$/, '');
  const longest = Math.max(2, ...[...lines.matchAll(/`+/g)].map(([run]) => run.length));
  const mark = '`'.repeat(longest + 1);
  return `${mark}text\n${lines}\n${mark}` as Markdown;
}

function visible(raw: string): string {
  return raw.replace(LONE_SURROGATE, '\ufffd').replace(INVISIBLE, (char) => (char === '\u001b' ? '␛' : '\ufffd'));
}

/** A link of ours. The target is percent-encoded where Markdown would read it otherwise. */
export function link(label: Markdown, target: string): Markdown {
  return `[${label}](${encodeTarget(target)})` as Markdown;
}

function encodeTarget(target: string): string {
  // Characters that URLs keep: letters, digits, and these marks. `%` stays: file names are encoded by `hrefOf`.
  return [...new TextEncoder().encode(target)]
    .map((byte) => {
      const char = String.fromCharCode(byte);
      return /[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]/.test(char)
        ? char
        : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
    })
    .join('');
}

/** Something folded: the summary, raw text, is seen; the rest on a click. */
export function folded(summary: string, body: Markdown): Markdown {
  return `<details><summary>${unlinked(html(summary))}</summary>\n\n${body}\n\n</details>` as Markdown;
}

/** GitHub links numbers of issues and addresses in HTML as well. */
function unlinked(text: string): string {
  return text
    .replace(/#(?=\d)/g, `#${BREAK}`)
    .replace(/(gh)-(?=\d)/gi, `$1-${BREAK}`)
    .replace(/:(?=\/\/)/g, `:${BREAK}`)
    .replace(/(www)\./gi, `$1${BREAK}.`);
}

/** Text from outside inside HTML or SVG, where Markdown's own escapes would show. */
export function html(raw: string, most = 300): string {
  return oneLine(raw, most)
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;')
    .replace(/@(?=\S)/g, `@${BREAK}`);
}

/** A table. `align` holds `-` (as text) or `>` (to the right) for each column. */
export function table(head: readonly Markdown[], align: string, rows: readonly (readonly Markdown[])[]): Markdown {
  const rule = Array.from(align, (side) => (side === '>' ? '--:' : '---'));
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${rule.join('|')}|`, ...rows.map(line)].join('\n') as Markdown;
}

/** Blocks with a blank line between them; empty ones are left out. */
export function blocks(parts: readonly (Markdown | undefined)[]): Markdown {
  return parts.filter((part) => part !== undefined && part !== '').join('\n\n') as Markdown;
}
