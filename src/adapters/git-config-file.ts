import type { GitConfig } from './git-process.ts';

/**
 * The settings of a git configuration file, as `git config --list` gives them: names in lower case but for the middle part
 * of three, a setting without a value is `true`. Includes are not followed; what git would refuse is passed over.
 */
export function parseGitConfig(text: string): GitConfig {
  const settings: (readonly [string, string])[] = [];
  let section = '';
  for (let lines = text.replace(/\r\n/g, '\n').replace(/^\ufeff/, ''); lines !== ''; ) {
    const header = /^[^\S\n]*\[\s*([A-Za-z0-9.-]+)[^\S\n]*(?:"((?:[^"\\\n]|\\.)*)")?[^\S\n]*\]/.exec(lines);
    if (header) {
      const [whole, name = '', middle] = header;
      section = middle === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${middle.replace(/\\(.)/g, '$1')}`;
      lines = lines.slice(whole.length);
    }
    const setting = /^[^\S\n]*([A-Za-z][A-Za-z0-9-]*)[^\S\n]*(?:(\n|$)|=)/.exec(lines);
    if (!setting || section === '') {
      // Nothing, a comment, or the rest of what is none.
      if (!header || !/^[^\S\n]*\[/.test(lines)) lines = lines.slice(`${lines}\n`.indexOf('\n') + 1);
      continue;
    }
    const [whole, name = '', end] = setting;
    const { value, length } =
      end === undefined ? settingValue(lines.slice(whole.length)) : { value: 'true', length: 0 };
    settings.push([`${section}.${name.toLowerCase()}`, value]);
    lines = lines.slice(whole.length + length);
  }
  return settings;
}

/** The last value of a setting. */
export function settingOf(config: GitConfig, key: string): string | undefined {
  return config.findLast(([name]) => name === key)?.[1];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b', '\n': '' };

/**
 * A value, and how long it is with the end of its line: quotes go, escapes count in and outside of them, and one of the end
 * of a line lets it go on. Comments begin outside; blanks at the ends go.
 */
function settingValue(text: string): { readonly value: string; readonly length: number } {
  let value = '';
  let kept = 0;
  let isQuoted = false;
  let isComment = false;
  let at = 0;
  for (; at < text.length && text[at] !== '\n'; at++) {
    const char = text[at]!;
    if (isComment) continue;
    if (char === '"') isQuoted = !isQuoted;
    else if (char === '\\') {
      const next = text[++at] ?? '';
      value += ESCAPES[next] ?? next;
    } else if (!isQuoted && (char === '#' || char === ';')) isComment = true;
    else if (isQuoted || value !== '' || !/\s/.test(char)) value += char;
    if (!isComment && (isQuoted || !/\s/.test(char))) kept = value.length;
  }
  return { value: value.slice(0, kept), length: at + 1 };
}
