import { createHash } from 'node:crypto';
import type { StateTreeEntry } from '../ports-state.ts';

// Ids of git's objects without git: for a history that is made up before it is written.

function objectId(type: string, content: Buffer): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}

export function blobId(text: string): string {
  return objectId('blob', Buffer.from(text));
}

/** The tree of files by their paths. */
export function treeId(entries: readonly StateTreeEntry[]): string {
  const files: { readonly name: string; readonly id: string }[] = [];
  const folders = new Map<string, StateTreeEntry[]>();
  for (const { path, blob } of entries) {
    const slash = path.indexOf('/');
    if (slash < 0) files.push({ name: path, id: blob });
    else {
      const name = path.slice(0, slash);
      folders.set(name, [...(folders.get(name) ?? []), { path: path.slice(slash + 1), blob }]);
    }
  }
  const lines = [
    ...files.map(({ name, id }) => ({ sort: name, mode: '100644', name, id })),
    // git sorts a folder as if its name ended in a slash.
    ...[...folders].map(([name, below]) => ({ sort: `${name}/`, mode: '40000', name, id: treeId(below) })),
  ].sort((a, b) => (a.sort < b.sort ? -1 : 1));
  const parts = lines.flatMap(({ mode, name, id }) => [Buffer.from(`${mode} ${name}\0`), Buffer.from(id, 'hex')]);
  return objectId('tree', Buffer.concat(parts));
}

/** `who`: name, address, seconds and zone. */
export function commitId(commit: {
  readonly tree: string;
  readonly parent: string | undefined;
  readonly who: string;
  readonly message: string;
}): string {
  const { tree, parent, who, message } = commit;
  const from = parent === undefined ? '' : `parent ${parent}\n`;
  return objectId('commit', Buffer.from(`tree ${tree}\n${from}author ${who}\ncommitter ${who}\n\n${message}`));
}
