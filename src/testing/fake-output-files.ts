import { sha256 } from '../base/digest.ts';
import { byText } from '../base/order.ts';
import { fail, ok } from '../base/result.ts';
import type { OutputFile, OutputFiles } from '../ports.ts';

/** Working files and copies in memory. Patterns know `*` (within a segment) and `**`. */
export function fakeOutputFiles(working: Record<string, string> = {}) {
  const files = new Map(Object.entries(working));
  const copies = new Map<string, string>();
  const tracked = new Set<string>();
  const control = { files, copies, tracked, refusesToSave: false };
  const port: OutputFiles = {
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
    save(file) {
      if (control.refusesToSave) {
        return Promise.resolve(fail({ code: 'infrastructure' as const, message: 'no space left' }));
      }
      copies.set(file.digest, files.get(file.path)!);
      return Promise.resolve(ok(undefined));
    },
    restore(file) {
      if (tracked.has(file.path)) return Promise.resolve('refused');
      const text = files.get(file.path);
      if (text !== undefined && sha256(text) === file.digest) return Promise.resolve('unchanged');
      const copy = copies.get(file.digest);
      if (copy === undefined) return Promise.resolve('missing');
      if (sha256(copy) !== file.digest) return Promise.resolve('damaged');
      files.set(file.path, copy);
      return Promise.resolve('restored');
    },
    holds(file) {
      const copy = copies.get(file.digest);
      if (copy === undefined) return Promise.resolve('missing');
      return Promise.resolve(Buffer.byteLength(copy) === file.bytes ? 'present' : 'damaged');
    },
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
