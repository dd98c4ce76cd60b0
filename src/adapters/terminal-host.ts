import type { Host } from '../ports.ts';

/** A stream as Node gives it: `process.stdout`, or a fake one. */
export interface TerminalStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

export interface TerminalHostOptions {
  readonly output: TerminalStream;
  readonly error: TerminalStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * A terminal, or plain streams. Whatever the text is made of, no control character reaches the terminal but line ends,
 * tabs and, where colour is wanted, the colours that we use ourselves; without a UTF-8 locale it is written in ASCII.
 */
export function createTerminalHost({ output, error, env }: TerminalHostOptions): Host {
  const interactive = error.isTTY === true && env['TERM'] !== 'dumb' && !env['CI'];
  const color = wantsColor(output, env);
  const toAscii = isUtf8(env) ? (text: string) => text : asciiOf;
  let shown = '';
  // The reader went away (`branchline list | head`): nobody is left to be told.
  for (const stream of new Set([output, error])) stream.on('error', () => undefined);

  const clean = (text: string): string => toAscii(withoutControls(text, color));
  const line = (text: string): string => (text === '' || text.endsWith('\n') ? text : `${text}\n`);
  function write(stream: TerminalStream, text: string): void {
    if (shown === '') stream.write(text);
    else {
      error.write('\r\x1b[K');
      stream.write(text);
      error.write(shown);
    }
  }
  return {
    interactive,
    color,
    print: (text) => write(output, line(clean(text))),
    progress: (text) => write(error, line(clean(text))),
    status(text) {
      if (!interactive) return;
      const flat = toAscii(withoutControls(text, false)).replace(/[\n\t]+/g, ' ');
      const next = cut(flat, (error.columns ?? 80) - 1);
      if (next === shown) return;
      error.write(`\r\x1b[K${next}`);
      shown = next;
    },
  };
}

/** https://no-color.org, and FORCE_COLOR where a program reads us. */
function wantsColor(output: TerminalStream, env: TerminalHostOptions['env']): boolean {
  if (env['NO_COLOR']) return false;
  if (env['FORCE_COLOR']) return env['FORCE_COLOR'] !== '0';
  return output.isTTY === true && env['TERM'] !== 'dumb';
}

/** By the variables that decide in POSIX, in their order. Unset: modern systems, containers and runners speak UTF-8. */
function isUtf8(env: TerminalHostOptions['env']): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'];
  return locale === undefined || locale === '' || /utf-?8/i.test(locale);
}

// Bold, dim, their end, and the colours that a person can tell apart; everything else could hide text.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
const OWN_COLOR = /^\u001b\[(?:0|1|2|22|3[1-6]|39|90)?m$/;
// Colour sequences; C0 and C1 but line end and tab; marks that turn the direction of text, so that it reads otherwise.
const COLOR_OR_CONTROL =
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  /\u001b\[[0-9;]*m|[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/g;

/** The text without what could move the cursor, change the terminal or deceive its reader. */
export function withoutControls(text: string, keepsColors: boolean): string {
  // Whole colour sequences first, so that no rest of one is left as text.
  return text.replaceAll('\r\n', '\n').replace(COLOR_OR_CONTROL, (found) => {
    return keepsColors && OWN_COLOR.test(found) ? found : '';
  });
}

const ASCII: Readonly<Record<string, string>> = {
  '✓': '+',
  '✗': 'x',
  '○': 'o',
  '–': '-',
  '—': '-',
  '…': '...',
  '→': '->',
  '←': '<-',
  '│': '|',
  '·': '-',
  '“': '"',
  '”': '"',
  '’': "'",
  '▁': '_',
  '▂': '_',
  '▃': '.',
  '▄': '-',
  '▅': '=',
  '▆': '*',
  '▇': '#',
  '█': '#',
};

function asciiOf(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what it looks for.
  return text.replace(/[^\x00-\x7f]/gu, (char) => ASCII[char] ?? '?');
}

function cut(text: string, length: number): string {
  const chars = Array.from(text);
  return chars.length <= length ? text : chars.slice(0, length).join('');
}
