/** One element of a pattern: a letter, `?`, `*` (neither crosses `/`), or `**`, which does. */
type Element = { readonly kind: 'letter'; readonly letter: string } | { readonly kind: 'one' | 'many' | 'any' };

/** Whether a path is a pattern at all. */
export function isPattern(path: string): boolean {
  return /[*?{[]/.test(path);
}

/**
 * A test for paths by a pattern with `*`, `**`, `?`, `[a-z]`, `{a,b}`. `a/**` matches all that is below `a`, at any depth.
 * A character behind `\\` stands for itself.
 */
export function globMatcher(pattern: string): (path: string) => boolean {
  if (!isPattern(pattern)) {
    const literal = pattern.replace(/\\(.)/gs, '$1');
    return (path) => path === literal;
  }
  const tests = expandBraces(pattern).map(expressionOf);
  return (path) => tests.some((test) => test.test(path));
}

/** Of a class that is none, such as `[z-a]`, nothing is a letter: the walk through folders finds nothing either. */
function expressionOf(pattern: string): RegExp {
  try {
    return new RegExp(`^${toRegExp(pattern)}$`, 'u');
  } catch {
    return /(?!)/;
  }
}

function toRegExp(pattern: string): string {
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i]!;
    if (letter === '\\' && i + 1 < pattern.length) out += literally(pattern[++i]!);
    else if (pattern.startsWith('**/', i) && (i === 0 || pattern[i - 1] === '/')) {
      out += '(?:[^/]+/)*';
      i += 2;
    } else if (pattern.startsWith('**', i)) {
      out += '.*';
      while (pattern[i + 1] === '*') i++;
    } else if (letter === '*') out += '[^/]*';
    else if (letter === '?') out += '[^/]';
    else if (letter === '[' && pattern.indexOf(']', i + 2) > 0) {
      const end = pattern.indexOf(']', i + 2);
      const body = pattern
        .slice(i + 1, end)
        .replace(/^!/, '^')
        .replace(/[\\[\]&~|]/g, '\\$&');
      out += `(?!/)[${body}]`;
      i = end;
    } else out += literally(letter);
  }
  return out;
}

function literally(letter: string): string {
  return letter.replace(/[\\^$.*+?()[\]{}|/]/, '\\$&');
}

/** At most this many alternatives; more are taken as written. */
const BRACES_MAX = 256;

/** `a{b,c}d` as `abd` and `acd`; also nested. */
export function expandBraces(pattern: string): readonly string[] {
  const done: string[] = [];
  const open = [pattern];
  while (open.length > 0 && done.length + open.length <= BRACES_MAX) {
    const next = open.pop()!;
    const match = /^(.*?)(?<!\\)\{([^{}]*,[^{}]*)(?<!\\)\}(.*)$/.exec(next);
    if (match === null) done.push(next);
    else for (const choice of match[2]!.split(',')) open.push(`${match[1]}${choice}${match[3]}`);
  }
  return [...new Set([...done, ...open])].sort();
}

/** Whether some path matches both patterns. Classes such as `[a-z]` count as any one letter, so this errs towards yes for them. */
export function patternsOverlap(a: string, b: string): boolean {
  if (!isPattern(a) && !isPattern(b)) return a === b;
  return expandBraces(a).some((one) => expandBraces(b).some((other) => overlap(elements(one), elements(other))));
}

function elements(pattern: string): readonly Element[] {
  const list: Element[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const letter = pattern[i]!;
    const end = letter === '[' ? pattern.indexOf(']', i + 2) : -1;
    if (pattern.startsWith('**/', i)) {
      // `**/x` also matches `x`: the slash belongs to what may be absent.
      list.push({ kind: 'any' });
      i += 2;
    } else if (pattern.startsWith('**', i)) {
      list.push({ kind: 'any' });
      i++;
    } else if (letter === '*') list.push({ kind: 'many' });
    else if (letter === '?') list.push({ kind: 'one' });
    else if (end > 0) {
      list.push({ kind: 'one' });
      i = end;
    } else list.push({ kind: 'letter', letter });
  }
  return list;
}

function overlap(a: readonly Element[], b: readonly Element[]): boolean {
  const seen = new Set<number>();
  const open: [number, number][] = [[0, 0]];
  const width = b.length + 1;
  while (open.length > 0) {
    const [i, j] = open.pop()!;
    if (i === a.length && j === b.length) return true;
    if (seen.has(i * width + j)) continue;
    seen.add(i * width + j);
    const x = a[i];
    const y = b[j];
    // A star may stand for nothing.
    if (isStar(x)) open.push([i + 1, j]);
    if (isStar(y)) open.push([i, j + 1]);
    if (x === undefined || y === undefined || !canShareLetter(x, y)) continue;
    open.push([isStar(x) ? i : i + 1, isStar(y) ? j : j + 1]);
  }
  return false;
}

function isStar(element: Element | undefined): boolean {
  return element?.kind === 'many' || element?.kind === 'any';
}

function canShareLetter(x: Element, y: Element): boolean {
  if (x.kind === 'letter' && y.kind === 'letter') return x.letter === y.letter;
  const letter = x.kind === 'letter' ? x : y.kind === 'letter' ? y : undefined;
  const other = letter === x ? y : x;
  return letter === undefined || letter.letter !== '/' || other.kind === 'any';
}
