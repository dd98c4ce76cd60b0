// `npm run build` bundles the entry points into dist; `--check` builds elsewhere and says whether dist is what they make;
// `--into <folder>` builds there and leaves dist alone.

import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { askedBuiltins } from './builtin-modules.mjs';
import { isHost, planLate, writeLate } from './late-code.mjs';
import { lateModules } from './late-modules.mjs';
import { root } from './packages.mjs';
import { plainExports } from './plain-exports.mjs';
import { licenceTexts } from './third-party-licences.mjs';

/** Fetched when first used, never part of dist (docs/architecture.md). */
const fetchedAtFirstUse = ['@duckdb/node-api', 'pg'];

/** The oldest Node on which dist must run. */
const target = 'node20';

const entries = existing({ cli: 'src/cli.ts', core: 'src/core.ts', main: 'src/main.ts', post: 'src/post.ts' });
const dist = path.join(root, 'dist');

/**
 * Parts of GitHub's libraries that nobody here calls and that bring an HTTP client of 400 kB, or modules of Node that
 * nobody else needs, loaded at every start: of `@actions/core` the OIDC tokens (steps ask for theirs, by the variables
 * that `oidc: true` hands them) and what writes summaries (action/runner.ts does), of
 * `@actions/github` its own octokit (ours is `@octokit/rest`, loaded with the first call).
 */
const unused = [
  {
    of: /@actions[\\/]core[\\/]lib[\\/]core\.js$/,
    part: './oidc-utils.js',
    code: 'export const OidcClient = undefined;',
  },
  {
    of: /@actions[\\/]core[\\/]lib[\\/]core\.js$/,
    part: './platform.js',
    code: 'export {};',
  },
  {
    of: /@actions[\\/]core[\\/]lib[\\/]core\.js$/,
    part: './summary.js',
    code: 'export const summary = undefined, markdownSummary = undefined;',
  },
  {
    of: /@actions[\\/]github[\\/]lib[\\/]github\.js$/,
    part: './utils.js',
    code: 'export const GitHub = undefined, getOctokitOptions = undefined;',
  },
];
const withoutUnusedClients = {
  name: 'without-unused-clients',
  resolveId(source, importer) {
    const found = unused.findIndex(({ of, part }) => source === part && of.test(importer ?? ''));
    return found < 0 ? null : `\0unused-${found}`;
  },
  load: (id) => (id.startsWith('\0unused-') ? unused[Number(id.slice('\0unused-'.length))].code : null),
};

/**
 * A library of the core that is asked seldom, and answers at once: a file of its own, read with the first call. A daily
 * rule asks nothing of cron-parser, which with luxon is a sixth of what a wake-up would load.
 */
const late = { library: 'cron-parser', file: 'cron-parser.cjs', id: '\0late-cron-parser' };
const readLate = {
  name: 'read-late',
  resolveId: (source) => (source === late.library ? late.id : null),
  load: (id) =>
    id === late.id
      ? `import { createRequire } from 'node:module';
let library;
const read = () => (library ??= createRequire(import.meta.filename)('./${late.file}'));
export const CronExpressionParser = { parse: (...args) => read().CronExpressionParser.parse(...args) };`
      : null,
};

/** How every file of dist is bundled. */
const options = {
  cwd: root,
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  external: (id) => id.startsWith('node:') || fetchedAtFirstUse.includes(id),
  plugins: [withoutUnusedClients, readLate],
  transform: { target },
  // What one command loads when it is called may be at the head of another's file.
  checks: { ineffectiveDynamicImport: false },
  logLevel: 'warn',
  onLog(level, log, handle) {
    // What cannot be resolved would fail at run time, on the machine of a user.
    if (log.code === 'UNRESOLVED_IMPORT') throw new Error(log.message);
    handle(level, log);
  },
};

/**
 * What a wake-up with nothing due, `plan` and any command load, each in as few files as possible: a module costs more to
 * find, read and link than its few kilobytes cost to compile. Given by the modules that are loaded first; what these
 * import belongs to it.
 */
const startsWith = {
  quiet: ['src/action/quiet-wake.ts'],
  wake: ['src/action/main.ts'],
  plan: ['src/cli/plan.ts'],
  words: ['src/cli/main.ts'],
};

/** The chunk of a module by the starts that load it, all of them; undefined = wherever the bundler puts it. */
function chunksOfStarts() {
  let reached;
  // What an entry needs before it knows what is wanted stays small.
  let entered;
  return (id, context) => {
    const infoOf = (one) => context.getModuleInfo(one);
    reached ??= Object.entries(startsWith).map(([name, files]) => [name, reachedFrom(files, infoOf)]);
    // The Action's own entry begins with the quiet look, which has a file of its own.
    const first = [entries.cli, entries.post].filter((file) => file !== undefined);
    entered ??= reachedFrom(first, infoOf);
    if (infoOf(id)?.isEntry) return undefined;
    if (entered.has(id)) return 'first';
    const names = reached.filter(([, ids]) => ids.has(id)).map(([name]) => name);
    // The little that the command line shares with the others is not worth a file of its own.
    if (names.includes('words') && names.length > 1) return 'first';
    // Every wake-up begins with the quiet look: what both load is of one file.
    const files = names.includes('quiet') ? names.filter((name) => name !== 'wake') : names;
    return files.length === 0 ? undefined : files.join('-');
  };
}

function reachedFrom(files, infoOf) {
  const open = files.map((file) => path.join(root, file));
  const ids = new Set();
  while (open.length > 0) {
    const id = open.pop();
    if (ids.has(id)) continue;
    ids.add(id);
    open.push(...(infoOf(id)?.importedIds ?? []));
  }
  return ids;
}

const isCheck = process.argv.includes('--check');
const into = process.argv.includes('--into') ? process.argv[process.argv.indexOf('--into') + 1] : undefined;

// A build goes beside dist, so that moving it into place never crosses a file system; a check leaves no trace here.
const scratch = into ?? mkdtempSync(isCheck ? path.join(os.tmpdir(), 'branchline-dist-') : path.join(root, '.dist-'));
try {
  if (Object.keys(entries).length > 0) await buildInto(scratch);
  if (isCheck) check(scratch);
  else if (into === undefined) publish(scratch);
} catch (error) {
  // The old dist stays as it was: a failed build must be seen, not half installed.
  process.stderr.write(`The build failed, dist is as it was.\n${error?.stack ?? error}\n`);
  process.exitCode = 1;
} finally {
  if (into === undefined) rmSync(scratch, { recursive: true, force: true });
}

function existing(candidates) {
  return Object.fromEntries(Object.entries(candidates).filter(([, file]) => existsSync(path.join(root, file))));
}

async function buildInto(folder) {
  const chunksFolder = path.join(folder, 'chunks');
  mkdirSync(chunksFolder, { recursive: true });
  const begins = Object.values(startsWith).flat();
  const plan = await planLate({ root, groups: lateModules, input: entries, begins, options });
  const lateCode = await writeLate(plan, chunksFolder, inAscii);
  const bundle = await rolldown({
    ...options,
    input: entries,
    external: fetchedAtFirstUse,
    plugins: [askedBuiltins, ...options.plugins, lateCode.plugin, plainExports],
  });
  try {
    const { output } = await bundle.write({
      dir: folder,
      format: 'cjs',
      exports: 'named',
      entryFileNames: '[name].js',
      chunkFileNames: 'chunks/[name]-[hash].cjs',
      codeSplitting: {
        includeDependenciesRecursively: false,
        groups: [{ name: chunksOfStarts(), debugName: 'starts' }],
      },
      minify: true,
      comments: false,
      // So that the shell of a user can start it.
      banner: (chunk) => (chunk.isEntry && chunk.name === 'cli' ? '#!/usr/bin/env node' : ''),
    });
    const chunks = output.filter((chunk) => chunk.type === 'chunk');
    const asking = chunks.filter(({ moduleIds }) => moduleIds.some((id) => id === late.id || isHost(id)));
    // A late file is looked for beside who asks. What it loads itself must not wait for an entry that waits for it.
    for (const { fileName } of asking)
      if (path.dirname(fileName) !== 'chunks') throw new Error(`late code is asked for in ${fileName}, not in a chunk`);
    const asksLibrary = asking.some(({ moduleIds }) => moduleIds.includes(late.id));
    const modules = [
      ...chunks.flatMap(({ moduleIds }) => moduleIds),
      ...lateCode.modules,
      ...(asksLibrary ? await buildLate(folder) : []),
    ];
    for (const { fileName } of chunks) rewriteInAscii(path.join(folder, fileName));
    writeFileSync(path.join(folder, 'THIRD-PARTY-LICENCES.txt'), licenceTexts(modules));
    // The sources are modules of the other kind, and so says the package that dist is in.
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "commonjs" }\n');
  } finally {
    await bundle.close();
  }
  if (entries.cli) chmodSync(path.join(folder, 'cli.js'), 0o755);
  if (entries.core) declareTypes(folder);
}

/** The library that is read late; yields its modules. */
async function buildLate(folder) {
  const bundle = await rolldown({ cwd: root, input: late.library, platform: 'node', transform: { target } });
  try {
    const options = { format: 'cjs', minify: true, comments: false };
    const { output } = await bundle.write({ ...options, file: path.join(folder, 'chunks', late.file) });
    rewriteInAscii(path.join(folder, 'chunks', late.file));
    return output.flatMap((chunk) => (chunk.type === 'chunk' ? chunk.moduleIds : []));
  } finally {
    await bundle.close();
  }
}

/**
 * Writes other signs as escapes: a text with one sign beyond Latin takes Node and V8 twice the memory, and noticeably
 * longer to read and to parse.
 */
function inAscii(text) {
  // There an escape would stay an escape.
  if (/\braw\s*`[^`]*[^\0-\x7f]/.test(text)) throw new Error('a raw template has signs beyond ASCII');
  const escaped = (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return text.replace(/[^\0-\x7f]/g, escaped);
}

function rewriteInAscii(file) {
  writeFileSync(file, inAscii(readFileSync(file, 'utf8')));
}

/** Types of the library: the declarations of what src/core.ts reaches, behind one entry. */
function declareTypes(folder) {
  const types = path.join(folder, 'types');
  const config = path.join(root, 'tsconfig.declarations.json');
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  const done = spawnSync(process.execPath, [tsc, '-p', config, '--outDir', types], { cwd: root, encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`tsc could not write the declarations:\n${done.stdout}${done.stderr}`);
  // Extensions as a consumer's compiler resolves them: `./x.ts` would need allowImportingTsExtensions there.
  for (const name of filesBelow(types)) {
    const file = path.join(types, name);
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/((?:from |import\()['"]\.{1,2}\/[^'"]+)\.ts(['"])/g, '$1.js$2'));
  }
  writeFileSync(path.join(folder, 'core.d.ts'), "export * from './types/core.js';\n");
}

function filesBelow(folder) {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'))
    .sort();
}

function check(built) {
  const names = new Set([...filesBelow(built), ...filesBelow(dist)]);
  const stale = [...names].filter((name) => !sameBytes(path.join(built, name), path.join(dist, name)));
  if (stale.length === 0) return;
  process.stderr.write(
    `dist is not what the sources make (${stale.join(', ')}). Run \`npm run build\` and commit dist.\n`,
  );
  process.exitCode = 1;
}

function sameBytes(one, other) {
  return existsSync(one) && existsSync(other) && readFileSync(one).equals(readFileSync(other));
}

function publish(built) {
  if (filesBelow(built).length === 0) return;
  chmodSync(built, 0o755);
  const old = `${built}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(built, dist);
  rmSync(old, { recursive: true, force: true });
  const bytes = filesBelow(dist).reduce((sum, name) => sum + readFileSync(path.join(dist, name)).length, 0);
  process.stdout.write(`dist: ${filesBelow(dist).length} files, ${Math.ceil(bytes / 1024)} KiB\n`);
}
