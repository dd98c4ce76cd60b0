import { join } from 'node:path';
import { createHeadMemory } from '../adapters/head-memory.ts';
import { sha256 } from '../base/digest.ts';
import type { HeadMemory } from '../ports-state.ts';

/** What this machine remembers of a state branch, in the private folder of its project. */
export function headMemory(folder: string, label: string, remoteUrl: string | undefined): HeadMemory {
  const name = sha256(`${label} ${remoteUrl ?? ''}`).slice(0, 16);
  return createHeadMemory(join(folder, 'heads', `${name}.json`));
}
