import type { ManifestDocument, Pointer } from '../manifest/document.ts';
import type { Place } from './findings.ts';

/**
 * What is known to be missing from what was read, because a diagnostic is about it already. A finding that something is
 * not there would be the same mistake once more.
 */
export interface Broken {
  /** Some file, or some whole section, could not be read: any name may be defined there. */
  readonly anyName: boolean;
  /** The project's file, or a whole `defaults` or group, could not be read: it may have given any asset any key. */
  readonly anyKey: boolean;
  /** Whether something at this place, around it or inside of it was taken out. */
  at(place: Place): boolean;
  /** Whether a definition of this name, or of one that differs from it by signs or case alone, was taken out. */
  name(section: string, name: string): boolean;
  readonly isNothing: boolean;
}

/** Reads what the documents say of themselves; `incomplete` = some file is not among them at all. */
export function brokenIn(documents: readonly ManifestDocument[], incomplete: boolean): Broken {
  const names = new Set<string>();
  const spellings = new Set<string>();
  let anyName = incomplete;
  // Connections are declared in the project's file alone: another one that cannot be read hides none.
  let anyConnection = !documents.some(({ kind }) => kind === 'project');
  let anyKey = !documents.some(({ kind }) => kind === 'project');
  for (const { broken } of documents) {
    for (const pointer of broken) {
      const [section, name] = pointer;
      if (section === 'defaults' ? pointer.length === 1 : section === 'groups' && pointer.length < 3) anyKey = true;
      if (pointer.length === 0 || (pointer.length === 1 && section === 'connections')) anyConnection = true;
      if (pointer.length < 2 || (section === 'multi_assets' && pointer.length < 4)) anyName = true;
      if (pointer.length === 2) {
        names.add(`${section} ${name}`);
        spellings.add(`${section} ${bare(String(name))}`);
      }
      if (section === 'multi_assets' && pointer[2] === 'specs' && pointer.length === 4)
        names.add(`assets ${pointer[3]}`);
    }
  }
  return {
    anyName,
    anyKey,
    isNothing: !incomplete && documents.every(({ broken }) => broken.length === 0),
    at: ({ document, pointer }) => document.broken.some((gone) => isPrefix(gone, pointer) || isPrefix(pointer, gone)),
    // `raw//orders:` was refused for its name: who writes `raw/orders` means it.
    name: (section, name) =>
      (section === 'connections' ? anyConnection : anyName) ||
      names.has(`${section} ${name}`) ||
      spellings.has(`${section} ${bare(name)}`),
  };
}

/** What is left of a name when signs and case do not count. */
function bare(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]+/g, '');
}

function isPrefix(short: Pointer, long: Pointer): boolean {
  return short.length <= long.length && short.every((step, index) => step === long[index]);
}
