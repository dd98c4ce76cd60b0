import { existsSync, lstatSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, relative, resolve, sep } from 'node:path';
import ignore, { type Ignore } from 'ignore';
import { byText } from '../base/order.ts';
import { parseGitConfig, settingOf } from './git-config-file.ts';
import { readIndexPaths } from './git-index-file.ts';
import { findGitFolders, type GitFolders } from './git-location-files.ts';
import type { Environment } from './git-process.ts';
import { readableEntries, readableText } from './readable-files.ts';

/** Paths from the folder that was asked for. */
export interface CheckoutListing {
  /** Sorted. */
  readonly files: readonly string[];
  readonly tracked: ReadonlySet<string>;
}

/**
 * What `git ls-files --cached --others --exclude-standard` lists below a folder, without git: what is tracked and there,
 * and what is not ignored. Undefined outside of a repository, and where its index cannot be read.
 */
export function listByFiles(root: string, env: Environment): CheckoutListing | undefined {
  const folders = findGitFolders(root);
  if (folders?.top === undefined) return undefined;
  const { top } = folders;
  const index = existsSync(join(folders.gitDir, 'index')) ? readIndexPaths(join(folders.gitDir, 'index')) : [];
  if (index === undefined) return undefined;
  const base = fromTop(top, resolve(root));
  const prefix = base === '' ? '' : `${base}/`;
  const listed = new Set<string>();
  const tracked = new Set<string>();
  for (const path of index) {
    if (!path.startsWith(prefix)) continue;
    const below = path.slice(prefix.length);
    tracked.add(below);
    if (isThere(join(top, path))) listed.add(below);
  }
  for (const path of untracked(folders, top, env)) if (path.startsWith(prefix)) listed.add(path.slice(prefix.length));
  return { files: [...listed].sort(byText), tracked };
}

/** Also a link to nowhere. */
function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Files of the working tree that no rule ignores. */
function untracked(folders: GitFolders, top: string, env: Environment): string[] {
  const global = rulesOf([excludesFile(folders, env), join(folders.commonDir, 'info', 'exclude')]);
  const files: string[] = [];
  const walk = (folder: string, rules: readonly Rules[]): void => {
    const own = rulesOf([join(top, folder, '.gitignore')]);
    const all = own ? [...rules, { folder, rules: own }] : rules;
    for (const entry of readableEntries(join(top, folder))) {
      const path = `${folder}${entry.name}`;
      const isFolder = entry.isDirectory();
      if (entry.name === '.git' || isIgnored(isFolder ? `${path}/` : path, all)) continue;
      if (!isFolder) files.push(path);
      // Another repository inside of this one is no part of it.
      else if (!existsSync(join(top, path, '.git'))) walk(`${path}/`, all);
    }
  };
  walk('', global ? [{ folder: '', rules: global }] : []);
  return files;
}

/** Rules of one folder: they speak of paths below it. */
interface Rules {
  /** Empty, or with a slash at its end. */
  readonly folder: string;
  readonly rules: Ignore;
}

/** The deepest folder that has something to say about a path says it. */
function isIgnored(path: string, all: readonly Rules[]): boolean {
  for (const { folder, rules } of [...all].reverse()) {
    const { ignored, unignored } = rules.test(path.slice(folder.length));
    if (ignored || unignored) return ignored;
  }
  return false;
}

function rulesOf(files: readonly (string | undefined)[]): Ignore | undefined {
  const texts = files
    .map((file) => (file === undefined ? undefined : readableText(file)))
    .filter((text) => text !== undefined);
  return texts.length === 0 ? undefined : ignore.default().add(texts.join('\n'));
}

/** `core.excludesFile`, or where git looks without it. */
function excludesFile({ commonDir }: GitFolders, env: Environment): string | undefined {
  const home = env['HOME'] ?? homedir();
  const texts = [env['GIT_CONFIG_GLOBAL'] ?? join(home, '.gitconfig'), join(commonDir, 'config')].map(readableText);
  const named = settingOf(
    texts.flatMap((text) => [...parseGitConfig(text ?? '')]),
    'core.excludesfile',
  );
  if (named !== undefined) return named.replace(/^~(?=\/)/, home);
  return join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'git', 'ignore');
}

/** A path from the top of the working tree, with `/`. */
export function fromTop(top: string, path: string): string {
  return relative(top, path).split(sep).join('/');
}
