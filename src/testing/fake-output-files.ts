import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok } from '../base/result.ts';
import type { HeldOutcome, OutputFile, OutputFiles, RestoreOutcome } from '../ports.ts';

const GONE = { kind: 'lost', loss: 'missing', message: 'gone from storage' } as const;
const DAMAGED = { kind: 'lost', loss: 'damaged', message: 'damaged in storage' } as const;

/** Working files and copies in memory. Patterns know `*` (within a segment) and `**`. */
export function fakeOutputFiles(working: Record<string, string> = {}) {
  const files = new Map(Object.entries(working));
  const copies = new Map<string, string>();
  const tracked = new Set<string>();
  const control = { files, copies, tracked, refusesToSave: false };
  const restoreOne = (file: OutputFile): RestoreOutcome => {
    if (tracked.has(file.path)) return { kind: 'refused' };
    const text = files.get(file.path);
    if (text !== undefined && sha256(text) === file.digest) return { kind: 'unchanged' };
    const copy = copies.get(file.digest);
    if (copy === undefined) return GONE;
    if (sha256(copy) !== file.digest) return DAMAGED;
    files.set(file.path, copy);
    return { kind: 'restored' };
  };
  const port: OutputFiles = {
    looks: 'local',
    find(pattern) {
      const found: OutputFile[] = [];
      const matcher = new RegExp(
        `^${pattern
          .split(/(\\.|\*\*|\*)/)
          .map(part)
          .join('')}$`,
      );
      for (const [path, text] of [...files].sort(([a], [b]) => byText(a, b))) {
        if (!matcher.test(path)) continue;
        if (tracked.has(path)) return Promise.resolve(fail({ code: 'tracked' as const, path }));
        found.push({ path, digest: sha256(text), bytes: Buffer.byteLength(text) });
      }
      return Promise.resolve(ok(found));
    },
    save(saved) {
      if (control.refusesToSave) {
        return Promise.resolve(fail({ code: 'infrastructure' as const, message: 'no space left' }));
      }
      for (const file of saved) copies.set(file.digest, files.get(file.path)!);
      return Promise.resolve(ok(saved));
    },
    restore: (wanted) => Promise.resolve(wanted.map(restoreOne)),
    holds: (wanted) =>
      Promise.resolve(
        wanted.map(({ digest, bytes }): HeldOutcome => {
          const copy = copies.get(digest);
          if (copy === undefined) return GONE;
          return Buffer.byteLength(copy) === bytes ? { kind: 'present' } : DAMAGED;
        }),
      ),
    holdsEach: (each) => Promise.all(each.map((wanted) => port.holds(wanted))),
    remove(path) {
      if (!tracked.has(path)) files.delete(path);
      return Promise.resolve();
    },
  };
  return { ...port, control };
}

function part(text: string): string {
  if (text === '**') return '.*';
  if (text === '*') return '[^/]*';
  if (/^\\.$/.test(text)) return `\\${text[1]}`;
  return text.replace(/[.+?^${}()|[\]]/g, '\\$&');
}
