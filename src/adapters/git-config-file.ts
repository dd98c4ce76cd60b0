import type { GitConfig } from './git-process.ts';

/**
 * The settings of a git configuration file, as `git config --list` gives them: names in lower case but for the middle part
 * of three, a setting without a value is `true`. Includes are not followed.
 */
export function parseGitConfig(text: string): GitConfig {
  const settings: (readonly [string, string])[] = [];
  let section = '';
  // A line that ends in a backslash goes on in the next one.
  for (const raw of text.replace(/\\\r?\n/g, '').split(/\r?\n/)) {
    let line = raw.trim();
    const header = /^\[\s*([A-Za-z0-9.-]+)\s*(?:"((?:[^"\\]|\\.)*)")?\s*\]/.exec(line);
    if (header) {
      const [whole, name = '', middle] = header;
      section = middle === undefined ? name.toLowerCase() : `${name.toLowerCase()}.${middle.replace(/\\(.)/g, '$1')}`;
      line = line.slice(whole.length).trim();
    }
    const setting = /^([A-Za-z][A-Za-z0-9-]*)\s*(?:=\s*(.*))?$/.exec(line);
    if (!setting || section === '') continue;
    const [, name = '', value] = setting;
    settings.push([`${section}.${name.toLowerCase()}`, value === undefined ? 'true' : settingValue(value)]);
  }
  return settings;
}

/** The last value of a setting. */
export function settingOf(config: GitConfig, key: string): string | undefined {
  return config.findLast(([name]) => name === key)?.[1];
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', b: '\b' };

/** Quotes go, escapes count in and outside of them, comments begin outside; blanks at the end go. */
function settingValue(text: string): string {
  let value = '';
  let kept = 0;
  let isQuoted = false;
  for (let i = 0; i < text.length; i++) {
    const char = text[i]!;
    if (char === '"') isQuoted = !isQuoted;
    else if (char === '\\') {
      const next = text[++i] ?? '';
      value += ESCAPES[next] ?? next;
    } else if (!isQuoted && (char === '#' || char === ';')) break;
    else value += char;
    if (isQuoted || !/\s/.test(char)) kept = value.length;
  }
  return value.slice(0, kept);
}
