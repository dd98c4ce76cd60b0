import type { WrittenStorage } from '../manifest/generated/written.js';
import type { Storage } from '../model/project.js';
import { type Place } from './findings.js';
import { type Resolving, resolvePath } from './resolving.js';
/** What is written under a `storage` key, with its mistakes reported. */
export declare function resolveStorage(written: WrittenStorage | undefined, place: Place, stateBranch: string, resolving: Pick<Resolving, 'findings'> & Parameters<typeof resolvePath>[2]): Storage | undefined;
