import { fail, ok, type Result } from '../base/result.ts';

export interface DotenvProblem {
  /** From 1. */
  readonly line: number;
  readonly message: string;
}

const NAME = /^\s*(?:export\s+)?([A-Za-z_][A-Za-z0-9_]*)\s*=[ \t]*/;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\', $: '$' };

/**
 * The variables of a `.env` file: `NAME=value`, `export NAME=value`, values in single quotes (as they are) or double
 * quotes (with `\n`, `\"`, `\\`), both over several lines, comments after `#`. Nothing is expanded. All problems at once.
 * A file that git does not ignore is refused: its secrets would be committed one day.
 */
export function parseDotenv(
  text: string,
  isIgnoredByGit: boolean,
): Result<Readonly<Record<string, string>>, readonly DotenvProblem[]> {
  if (!isIgnoredByGit) {
    const message = 'git does not ignore `.env`: add the line `.env` to .gitignore, so that no secret is committed';
    return fail([{ line: 1, message }]);
  }
  const variables: Record<string, string> = {};
  const problems: DotenvProblem[] = [];
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const end = text.indexOf('\n', at) === -1 ? text.length : text.indexOf('\n', at);
    const here = text.slice(at, end).replace(/\r$/, '');
    let next = end + 1;
    const name = NAME.exec(here);
    if (name) {
      const value = valueAt(text, at + name[0].length, end);
      if (typeof value === 'string') problems.push({ line, message: value });
      else {
        variables[name[1]!] = value.value;
        next = value.next;
      }
    } else if (!/^\s*(?:#.*)?$/.test(here)) {
      problems.push({ line, message: 'not a line `NAME=value`' });
    }
    line += text.slice(at, next).split('\n').length - 1;
    at = next;
  }
  return problems.length > 0 ? fail(problems) : ok(variables);
}

/** The value that begins at a place and where the line after it begins; or what is wrong. */
function valueAt(text: string, from: number, lineEnd: number): { value: string; next: number } | string {
  const quote = text[from];
  if (quote !== '"' && quote !== "'") {
    const value = text.slice(from, lineEnd).replace(/(?:^|\s)#.*$/, '');
    return { value: value.trim(), next: lineEnd + 1 };
  }
  let close = from + 1;
  while (close < text.length && text[close] !== quote) close += quote === '"' && text[close] === '\\' ? 2 : 1;
  if (close >= text.length) return `the quote ${quote} is not closed`;
  const found = text.indexOf('\n', close);
  const end = found === -1 ? text.length : found;
  if (!/^\s*(?:#.*)?$/.test(text.slice(close + 1, end))) return 'text after the closing quote';
  const inner = text.slice(from + 1, close).replaceAll('\r\n', '\n');
  const value = quote === "'" ? inner : inner.replace(/\\([nrt"\\$])/g, (_, char: string) => ESCAPES[char]!);
  return { value, next: end + 1 };
}
