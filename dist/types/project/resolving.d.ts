import type { Span } from '../model/diagnostic.js';
import type { EpochMs } from '../model/instant.js';
import type { Connection } from '../model/project.js';
import type { SourceTree } from '../ports.js';
import type { Broken } from './broken.js';
import type { Definitions } from './definitions.js';
import type { ParseOptions } from './expression-names.js';
import { type Findings, type Place } from './findings.js';
import type { Found } from './layers.js';
import { type TextPlace, type TextProblem } from './text-problem.js';
/** What every part of resolving works with. */
export interface Resolving {
    readonly definitions: Definitions;
    readonly tree: SourceTree;
    readonly findings: Findings;
    readonly connections: Readonly<Record<string, Connection>>;
    /** What is missing because a diagnostic is about it already. */
    readonly broken: Broken;
    /** Undefined = nothing is said of what has not begun yet. */
    readonly now?: EpochMs;
}
/** `did you mean …?` for a name that does not exist, or undefined. */
export declare function didYouMean(word: string, candidates: Iterable<string>): string | undefined;
/** A path as written, from the project's root. Reports one that leaves the project's folder, or by a link the repository. */
export declare function resolvePath(written: string, at: Place, { tree, findings }: Resolving): string | undefined;
/** A path that must name a file. Reports what is missing, with the file that was probably meant. */
export declare function resolveFile(written: string, at: Place, resolving: Resolving): string | undefined;
/** A duration in milliseconds. Reports what is none. */
export declare function resolveDuration(text: string | undefined, at: Place, { findings }: Resolving): number | undefined;
/** Reports what is wrong with the expressions of a text; true when nothing is. */
export declare function checkTemplate(text: string, at: Place, { findings }: Resolving, options?: ParseOptions): boolean;
/** Environment variables as text, each with its expressions checked; ordered by name. */
export declare function resolveEnv(values: Iterable<readonly [string, Found<unknown> | {
    readonly value: unknown;
    readonly place: Place;
}]>, resolving: Resolving): Readonly<Record<string, string>>;
/** Reports an expression in a script, with the environment variable to use instead. */
export declare function checkScript(script: string, at: Place, { findings }: Resolving): void;
/** SQL with the place that it came from. */
export interface SqlSource {
    readonly text: string;
    readonly file?: string;
    readonly startsAt: Span;
    spanAt(place: TextPlace): Span;
}
/** The SQL of a key: one word that ends in `.sql` is a file, anything else is SQL. Reports a file that is not there. */
export declare function resolveSql(written: string, at: Place, resolving: Resolving): SqlSource | undefined;
/**
 * Reports SQL that no database could take: one without a statement, or with a quote or comment that is never closed.
 * True when there is nothing to report.
 */
export declare function checkSqlText(source: SqlSource, resolving: Resolving): boolean;
/** Reports a problem inside of SQL. */
export declare function reportInSql(code: string, source: SqlSource, problem: TextProblem, { findings }: Resolving): void;
