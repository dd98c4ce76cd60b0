import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HeadMemory, RememberedHead } from '../ports-state.ts';

/** Remembers the head in a file. That it cannot be read or written is nobody's trouble: then nothing is remembered. */
export function createHeadMemory(file: string): HeadMemory {
  return {
    recall() {
      try {
        const { commit, seq } = JSON.parse(readFileSync(file, 'utf8')) as Partial<RememberedHead>;
        return typeof commit === 'string' && typeof seq === 'number' ? { commit, seq } : undefined;
      } catch {
        return undefined;
      }
    },
    keep({ commit, seq }) {
      try {
        mkdirSync(dirname(file), { recursive: true });
        const aside = `${file}.${process.pid}`;
        writeFileSync(aside, JSON.stringify({ commit, seq }));
        renameSync(aside, file);
      } catch {
        // A full disk is said by whoever needs it.
      }
    },
  };
}
