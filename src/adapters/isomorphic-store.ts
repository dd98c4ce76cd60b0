import { existsSync, mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, ok, type Result } from '../base/result.ts';
import type { StateStore } from '../ports-state.ts';
import { basicAuthorization } from './git-credentials.ts';
import type { GitLocation, StateStoreProblem } from './git-place.ts';
import { createRemoteRef, type RemotePlace } from './git-remote-ref.ts';
import { createStateStore } from './git-store.ts';
import { wireServer } from './git-wire.ts';
import { folderLocalRef, folderRemote } from './isomorphic-folder.ts';
import { isomorphicObjects } from './isomorphic-objects.ts';
import { isomorphicRemote } from './isomorphic-remote.ts';

/** A state store that needs no git on this machine. */
export interface IsomorphicStoreOptions {
  /** Absolute: the private folder of the project. */
  readonly folder: string;
  readonly location: GitLocation;
  readonly environment: 'production' | 'local';
  readonly place: RemotePlace;
  readonly token?: string;
}

/**
 * Opens it. The local environment lives where the system's git has it; what is fetched of a server has a folder of its
 * own, because the two mark what is not there in ways of their own.
 */
export async function openIsomorphicStore(
  options: IsomorphicStoreOptions,
): Promise<Result<StateStore, StateStoreProblem>> {
  const { folder, location, place, environment } = options;
  const library = await import('isomorphic-git');
  if (environment === 'local') {
    const gitDir = join(folder, 'state.git');
    const made = ensureBare(gitDir);
    if (!made.ok) return made;
    const objects = isomorphicObjects(library, gitDir);
    return ok(createStateStore(objects, folderLocalRef(gitDir, objects)));
  }
  const path = localPath(location.remoteUrl ?? location.commonDir);
  if (path !== undefined) {
    const gitDir = existsSync(join(path, 'objects')) ? path : join(path, '.git');
    if (!statSync(join(gitDir, 'objects'), { throwIfNoEntry: false })?.isDirectory())
      return fail({ code: 'no-remote', message: `${place.name} is ${path}, and there is no git repository.` });
    const objects = isomorphicObjects(library, gitDir);
    return ok(createStateStore(objects, createRemoteRef(place, folderRemote({ ...place, gitDir, objects }))));
  }
  const url = location.remoteUrl!;
  if (!/^https?:\/\//i.test(url)) {
    return fail({
      code: 'git-missing',
      message: `${place.name} is ${url.replace(/\/\/[^/@\s]+@/, '//')}, which git alone reaches: install git 2.31 or newer, or give the remote its https address.`,
    });
  }
  const gitDir = join(folder, 'isomorphic', 'state.git');
  const historyDir = join(folder, 'isomorphic', 'history.git');
  for (const made of [ensureBare(gitDir), ensureBare(historyDir)]) if (!made.ok) return made;
  const objects = isomorphicObjects(library, gitDir);
  const { address, headers, secrets } = accessOf(url, location, options.token);
  const remote = isomorphicRemote({
    ...place,
    server: wireServer({ url: address, headers }),
    objects,
    history: isomorphicObjects(library, historyDir),
    gitDir,
    historyDir,
    secrets,
  });
  return ok(createStateStore(objects, createRemoteRef(place, remote)));
}

/** A bare repository with nothing in it, made aside and renamed into place: whoever comes second finds the first one's. */
function ensureBare(gitDir: string): Result<void, StateStoreProblem> {
  if (existsSync(join(gitDir, 'HEAD'))) return ok(undefined);
  const aside = `${gitDir}.new-${process.pid}`;
  try {
    mkdirSync(join(aside, 'objects', 'pack'), { recursive: true });
    mkdirSync(join(aside, 'refs', 'heads'), { recursive: true });
    writeFileSync(join(aside, 'config'), '[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = true\n');
    writeFileSync(join(aside, 'HEAD'), 'ref: refs/heads/main\n');
    mkdirSync(dirname(gitDir), { recursive: true });
    renameSync(aside, gitDir);
  } catch (error) {
    rmSync(aside, { recursive: true, force: true });
    if (!existsSync(join(gitDir, 'HEAD'))) {
      const words = error instanceof Error ? error.message : String(error);
      return fail({
        code: 'private-repository',
        message: `The private repository ${gitDir} could not be made: ${words}. Is the disk full, or the folder not writable?`,
      });
    }
  }
  return ok(undefined);
}

/** The path of a remote that is one; undefined for an address. */
function localPath(url: string): string | undefined {
  if (/^file:\/\//i.test(url)) return fileURLToPath(url);
  return /^(\/|[A-Za-z]:[\\/]|\\\\)/.test(url) ? url : undefined;
}

/** The address without credentials, what goes into the header, and what no message may show. */
function accessOf(
  url: string,
  { transport }: GitLocation,
  token: string | undefined,
): { readonly address: string; readonly headers: Record<string, string>; readonly secrets: readonly string[] } {
  const parsed = new URL(url);
  const headers: Record<string, string> = {};
  const secrets: string[] = [];
  const authorize = (basic: string): void => {
    headers['Authorization'] = `Basic ${basic}`;
    secrets.push(basic);
  };
  if (token !== undefined) {
    authorize(basicAuthorization(token));
    secrets.push(token);
  } else if (parsed.password !== '' || parsed.username !== '') {
    const [user, password] = [parsed.username, parsed.password].map(decodeURIComponent);
    authorize(Buffer.from(`${user}:${password}`).toString('base64'));
    if (password) secrets.push(password);
  } else {
    // As actions/checkout leaves it: `http.https://github.com/.extraheader`.
    for (const [key, value] of transport) {
      const base = /^http\.(?:(.+)\.)?extraheader$/.exec(key);
      if (!base || (base[1] !== undefined && !url.startsWith(base[1]))) continue;
      const colon = value.indexOf(':');
      if (colon <= 0) continue;
      headers[value.slice(0, colon)] = value.slice(colon + 1).trim();
      secrets.push(value.slice(colon + 1).trim());
    }
  }
  parsed.username = '';
  parsed.password = '';
  return { address: parsed.href.replace(/\/+$/, ''), headers, secrets };
}
