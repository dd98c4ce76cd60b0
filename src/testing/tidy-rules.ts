import path from 'node:path';
import type { SourceFacts } from './source-file.ts';

interface Room {
  /** Pure rooms (layers 0 to 5) neither read the surroundings nor wait. */
  readonly isPure: boolean;
  /** Rooms, or files of src, that it may import. */
  readonly rooms: readonly string[];
  /** Packages and node modules that it may import: exact names, or a prefix that ends in `/` or `:`. */
  readonly packages: readonly string[] | 'any';
}

const core = (rooms: string[], packages: string[] = []): Room => ({ isPure: true, rooms, packages });
const ports = ['ports.ts', 'ports-state.ts', 'ports-github.ts', 'ports-storage.ts'];
const upToRender = [
  'base',
  'model',
  'time',
  'sql',
  'checks',
  'run',
  'state',
  'manifest',
  'project',
  'plan',
  'insights',
  'render',
];

/**
 * The import table of docs/architecture.md: the architecture, as data. A new edge is a design change, with the reason in
 * a commit of its own.
 */
export const rooms: Readonly<Record<string, Room>> = {
  base: core([], ['node:crypto']),
  model: core(['base']),
  'ports.ts': core(['base', 'model']),
  // Where the state is kept: a file of its own, so that neither the project nor planning can ask for it.
  'ports-state.ts': core(['base', 'model']),
  // What only a workflow's job has: files of their own, so that neither the state nor the project can ask for it.
  'ports-github.ts': core(['base', 'model']),
  'ports-storage.ts': core(['base', 'model']),
  time: core(['base', 'model'], ['cron-parser']),
  sql: core(['base', 'model']),
  checks: core(['base', 'model', 'time', 'sql']),
  run: core(['base', 'model', 'time']),
  // `ports-state.ts` for the plain data of a commit; the effect itself is performed in `app`.
  state: core(['base', 'model', 'time', 'run', 'ports-state.ts']),
  manifest: core(['base', 'model'], ['yaml', 'js-yaml', 'ajv/dist/runtime/']),
  // `ports.ts` for the source tree: already read, asked without waiting.
  project: core(
    ['base', 'model', 'time', 'sql', 'checks', 'manifest', 'ports.ts'],
    ['@actions/expressions', '@actions/expressions/'],
  ),
  // `ports.ts` for the source tree, as `project`: a comparison of two versions tells which lines of a file changed.
  plan: core(['base', 'model', 'time', 'project', 'run', 'state', 'ports.ts']),
  insights: core(['base', 'model', 'time', 'project', 'state']),
  // `state` for its layout alone: the paths of pages are part of it.
  render: core(['base', 'model', 'time', 'state', 'insights']),
  // How a project is set up on GitHub: workflow files are read with their places, as manifests are, but are no manifests.
  doctor: core(['base', 'model', 'time', 'ports-github.ts'], ['yaml']),
  'version.ts': core([]),
  // The library: the pure rooms and nothing else.
  'core.ts': core([...upToRender, 'ports.ts']),
  app: { isPure: false, rooms: [...upToRender, 'doctor', ...ports, 'version.ts'], packages: [] },
  // Plays the use cases themselves, on a clock, a state and processes that are no more than values in memory.
  simulate: { isPure: false, rooms: ['app', ...upToRender, 'ports.ts', 'ports-state.ts'], packages: [] },
  // `sql` because a driver has to split a file and bind its values, and that is pure computation.
  adapters: { isPure: false, rooms: ['base', 'model', 'sql', ...ports], packages: 'any' },
  // Adapters and use cases meet here, for the command line and the Action alike; it knows what is secret.
  compose: {
    isPure: false,
    rooms: ['app', 'adapters', 'render', 'run', 'time', ...ports, 'model', 'base', 'version.ts'],
    packages: ['node:'],
  },
  cli: {
    isPure: false,
    // A host prints what was rendered and reads durations.
    rooms: ['simulate', 'compose', 'app', 'adapters', 'render', 'run', 'time', ...ports, 'model', 'base', 'version.ts'],
    packages: ['commander', 'node:'],
  },
  // The other host: inputs, events and summaries of a workflow's job.
  action: {
    isPure: false,
    rooms: ['compose', 'app', 'adapters', 'render', 'run', 'time', ...ports, 'model', 'base', 'version.ts'],
    packages: ['@actions/core', '@actions/github', 'node:'],
  },
  // A job that only reads and prints is done by the command line, in its words.
  'main.ts': { isPure: false, rooms: ['action', 'cli', 'compose'], packages: ['node:'] },
  'post.ts': { isPure: false, rooms: ['action', 'compose'], packages: ['node:'] },
  'cli.ts': { isPure: false, rooms: ['cli', 'compose', 'version.ts'], packages: ['node:'] },
};

/**
 * Words of the glossary's column "not" that are never right in the name of an exported type. Words that are also good
 * English for something else (table, level, action, cache, job …) are left to review.
 */
const wordsAgainstGlossary = new Set(
  'dataset node parent child refresh expectation audit sla semaphore slot replay reprocess reducer drawer task hash lock'.split(
    ' ',
  ),
);
const emptyWords = new Set('util utils helper helpers manager service common misc'.split(' '));

/** The room of a file, as a key of `rooms`: `src/time/cron.ts` is in `time`, `src/ports.ts` is its own. */
export function roomOf(file: string): string {
  return file.split('/')[1] ?? '';
}

/** All that a source file (path with `/`, relative to the repository) does against the house rules, as sentences. */
export function breachesOf(file: string, facts: SourceFacts): string[] {
  const name = roomOf(file);
  const room = rooms[name];
  if (room === undefined) return [`${file}: src/${name} is not in the import table`];
  const breaches: string[] = [];
  for (const target of facts.imports) {
    if (!isAllowedImport(file, name, room, target)) breaches.push(`${file}: ${name} may not import ${target}`);
  }
  if (room.isPure) for (const impurity of facts.impurities) breaches.push(`${file}: ${impurity} in a pure room`);
  if (facts.hasDefaultExport) breaches.push(`${file}: default export`);
  for (const type of facts.exportedTypes) {
    const wrong = wordsOf(type).find(
      (word) => (wordsAgainstGlossary.has(word) && !isOwnWord(name, word)) || emptyWords.has(word),
    );
    if (wrong !== undefined) breaches.push(`${file}: the exported type ${type} says "${wrong}", against the glossary`);
  }
  return [...breaches, ...breachesOfName(file)];
}

/** YAML has nodes of its own, which are no assets. */
function isOwnWord(room: string, word: string): boolean {
  return room === 'manifest' && word === 'node';
}

/** Kebab-case, and no word that says nothing. */
export function breachesOfName(file: string): string[] {
  const stem = path.posix.basename(file).replace(/(\.test)?(\.d)?\.(ts|mts|mjs)$/, '');
  if (!/^[a-z0-9]+(-[a-z0-9]+)*$/.test(stem)) return [`${file}: file names are kebab-case`];
  const folders = path.posix.dirname(file).split('/');
  const empty = [...folders, ...stem.split('-')].find((word) => emptyWords.has(word));
  return empty === undefined ? [] : [`${file}: the name says "${empty}", which says nothing`];
}

function isAllowedImport(file: string, name: string, room: Room, target: string): boolean {
  if (!target.startsWith('.'))
    return room.packages === 'any' || room.packages.some((allowed) => matches(target, allowed));
  const resolved = path.posix.join(path.posix.dirname(file), target);
  if (!resolved.startsWith('src/')) return /^schemas\/.*\.json$/.test(resolved);
  const other = roomOf(resolved);
  return other === name || room.rooms.includes(other);
}

function matches(target: string, allowed: string): boolean {
  return allowed.endsWith('/') || allowed.endsWith(':') ? target.startsWith(allowed) : target === allowed;
}

function wordsOf(typeName: string): string[] {
  return typeName.split(/(?=[A-Z])/).map((word) => word.toLowerCase());
}

/** Files that load each other, straight or through others: each circle once, as its files. */
export function circlesOf(loads: ReadonlyMap<string, readonly string[]>): string[][] {
  const circles = new Map<string, string[]>();
  const done = new Set<string>();
  const visit = (file: string, above: readonly string[]): void => {
    const start = above.indexOf(file);
    if (start >= 0) {
      const circle = above.slice(start);
      circles.set([...circle].sort().join(' '), circle);
    } else if (!done.has(file)) {
      for (const loaded of loads.get(file) ?? []) visit(loaded, [...above, file]);
      done.add(file);
    }
  };
  for (const file of loads.keys()) visit(file, []);
  return [...circles.values()];
}
