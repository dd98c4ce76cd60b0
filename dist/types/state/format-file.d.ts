import type { StateProblem } from './codec.js';
/** The one file that every reader of any version understands. */
export declare function checkFormat(listing: readonly string[], texts: ReadonlyMap<string, string>): StateProblem | undefined;
/** The layout's version in `format.json`; undefined when the file is broken or not there. */
export declare function formatOf(texts: ReadonlyMap<string, string>): number | undefined;
/** The project's name in `format.json`; undefined when the state is empty or the file is broken. */
export declare function projectOf(texts: ReadonlyMap<string, string>): string | undefined;
