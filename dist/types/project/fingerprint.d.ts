import type { Action, Project, StepDef } from '../model/project.js';
import type { SourceTree } from '../ports.js';
/** What a code version was made of, and the digest over it. */
export interface CodeVersion {
    /** `c1:` and 32 hex digits; `c1` is the version of the algorithm. */
    readonly version: string;
    /** Part (`run`, `env`, `file:ingest/orders.py`, …) → first 12 hex digits of its digest. */
    readonly parts: Readonly<Record<string, string>>;
}
/** Works out code versions of one project over one tree; what is shared between steps is read once. */
export type Fingerprinter = (step: string) => CodeVersion;
/**
 * The code version of steps (semantics.md 10): `run`, `shell`, `working-directory`, `env` as written, SQL, connection,
 * relation, `materialized`, outputs, `incremental`, and the bytes of script, SQL file and `code:` patterns. Meaning counts, not form:
 * defaults that are written out, comments and white space of SQL, and order change nothing.
 */
export declare function fingerprinter(project: Pick<Project, 'steps' | 'assets' | 'connections'>, tree: SourceTree): Fingerprinter;
/** Files that some asset writes, or that hold a database: naming one makes it no code, or each run would change the version. */
export declare function dataFiles({ assets, connections }: Pick<Project, 'assets' | 'connections'>): (path: string) => boolean;
/** Files that count for a step: `code:` and the words of `run` that name a file of the project. */
export declare function codeFiles(step: StepDef, files: readonly string[], isListed: ReadonlySet<string>): readonly string[];
/** Words of `run` that name a listed file, from the root or from the working directory. */
export declare function scriptFiles(action: Action, isListed: ReadonlySet<string>): readonly string[];
/** Words of a script, without quotes; `--file=x.py` gives `x.py` as well. Rough on purpose: a word too many does no harm. */
export declare function shellWords(script: string): readonly string[];
