import type { Journals } from '../ports-state.ts';

/** Where lines were kept, or why they could not be: the disk may be full. */
export type Kept =
  | { readonly isKept: true; readonly place: string }
  | { readonly isKept: false; readonly message: string };

/** Keeps lines in a file of this machine that no command takes in by itself. */
export function setAside(journals: Journals, writer: string, lines: readonly string[]): Kept {
  try {
    return { isKept: true, place: journals.setAside(writer, lines) };
  } catch (error) {
    return { isKept: false, message: (error as Error).message };
  }
}
