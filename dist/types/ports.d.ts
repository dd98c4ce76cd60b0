/**
 * The outside world as the engine sees it: plain data in and out, expected refusals as values. Where the state is kept is
 * in ports-state.ts, what only a workflow's job has in ports-github.ts and ports-storage.ts.
 * Each port has one contract suite (src/testing), run against the fake and against the real thing.
 */
import type { Json } from './base/json.js';
import type { Result } from './base/result.js';
import type { EpochMs } from './model/instant.js';
/** The wall clock. Below `app/` nobody has it: now is an argument. */
export interface Clock {
    now(): EpochMs;
    /** Resolves after `ms`, or at once when the signal fires. */
    sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
/**
 * The user's files as they are in the working tree, read only: paths from the project's root with `/`.
 * Synchronous, so that pure code may ask; files that git ignores are not listed, but `text` reads them when named.
 */
export interface SourceTree {
    /** All files that are not ignored, sorted; without `.git`. */
    files(): readonly string[];
    /** Whether git tracks a file of the project, there or deleted; absent where nothing is tracked that could be written. */
    isTracked?(path: string): boolean;
    /** `missing`; `outside` = it leaves the repository, also by a link; `directory`; or `file`. */
    kind(path: string): 'file' | 'directory' | 'missing' | 'outside';
    /** The text of a file (UTF-8); undefined when it is not a readable file inside of the repository. */
    text(path: string): string | undefined;
    /** Where in that text stands what was no UTF-8, first; undefined where all of it was. Absent where nobody can say. */
    notUtf8At?(path: string): number | undefined;
    /** A digest of the file's bytes: hex, stable across machines. */
    digest(path: string): string | undefined;
}
export interface ProcessSpec {
    /** Script text, run by `shell` from a file. */
    readonly script: string;
    /** `bash` = `bash --noprofile --norc -eo pipefail {0}`; also `sh`, `python`, `pwsh`, `node`, or a template with `{0}`. */
    readonly shell: string;
    /** Absolute. */
    readonly cwd: string;
    /** The whole environment: nothing is inherited. */
    readonly env: Readonly<Record<string, string>>;
    readonly timeoutMs?: number;
    /** Absolute path of the log file, made (with its folder) when there is output, and appended to. */
    readonly log: string;
    /** Called with what was appended to the log, already redacted: whole lines, but for the last and for very long ones. */
    readonly onOutput?: (text: string) => void;
    /** Replaces secrets in the stream, also when one is split over two chunks. Undefined = nothing is secret. */
    readonly redactor?: StreamRedactorFactory;
}
export type StreamRedactorFactory = () => {
    push(chunk: string): string;
    end(): string;
};
export interface ProcessExit {
    readonly kind: 'exited' | 'signaled' | 'timed-out' | 'canceled' | 'not-started';
    readonly code?: number;
    readonly signal?: string;
    readonly durationMs: number;
    /** Last 8 KiB of output, whole lines, redacted. */
    readonly tail: string;
    /** For `not-started`: why. Otherwise: why the log is not complete. */
    readonly message?: string;
}
/** Runs one script in a process group of its own. Never throws. Kills the whole tree: TERM, 10 s, KILL. */
export interface ProcessRunner {
    run(spec: ProcessSpec, signal: AbortSignal): Promise<ProcessExit>;
}
/** Private folders through which a step and the engine speak. */
export interface Scratch {
    open(): Result<StepFolder, {
        readonly code: 'infrastructure';
        readonly message: string;
    }>;
}
/** The folder of one step while it runs. */
export interface StepFolder {
    /** Absolute path of an empty file of that name. */
    emptyFile(name: string): string;
    /** Absolute path, never given out before, at which there is nothing yet. */
    freshPath(name: string): string;
    /** The text of a file, at most `bytesMax` of it; empty when there is none. */
    read(path: string, bytesMax: number): {
        readonly text: string;
        readonly isWhole: boolean;
    };
    /** Adds lines of ours to the log of the step. */
    appendLog(log: string, text: string): void;
    /** Nothing in it is needed any more. */
    close(): void;
}
/** A connection with every expression evaluated. */
export type ConnectionTarget = {
    readonly type: 'duckdb' /** Absolute path, or `:memory:`. */;
    readonly path: string;
    readonly extensions: readonly string[];
    readonly init?: string;
} | {
    readonly type: 'postgres';
    readonly url: string;
    readonly schema?: string;
};
export interface SqlFailure {
    /**
     * `damaged`: what lies there is no whole database, and will not be one later. `attached-damaged`: so is another file, which
     * is attached to it.
     */
    readonly code: 'sql' | 'locked' | 'unreachable' | 'damaged' | 'attached-damaged' | 'driver-missing' | 'interrupted' | 'timeout';
    readonly message: string;
    /** Place inside of the statement's text, from 1, when the database said it. */
    readonly line?: number;
    readonly column?: number;
}
export interface SqlRows {
    readonly columns: readonly {
        readonly name: string;
        readonly type: string;
    }[];
    /** Plain JSON values; big integers and decimals that JSON cannot hold exactly become text. */
    readonly rows: readonly (readonly Json[])[];
    /** Rows changed, for statements that return none. */
    readonly changed?: number;
}
/** One open connection. Statements run one at a time; binds are named `$name`. */
export interface SqlSession {
    readonly dialect: 'duckdb' | 'postgres';
    /** `1.5.5`: part of DuckDB data versions. */
    readonly engineVersion: string;
    query(sql: string, binds?: Readonly<Record<string, Json>>, options?: {
        readonly signal?: AbortSignal;
        readonly timeoutMs?: number;
        readonly maxRows?: number;
    }): Promise<Result<SqlRows, SqlFailure>>;
    /** Splits a text into statements with their offsets; an error carries line and column of the whole text. */
    split(sql: string): Promise<Result<readonly {
        readonly text: string;
        readonly offset: number;
        readonly isSelect: boolean;
    }[], SqlFailure>>;
    close(): Promise<void>;
}
export interface Sql {
    /** Opens a session; for DuckDB fetches the engine on first use (`onProgress` says so). `tag` is the query tag / application name. */
    open(target: ConnectionTarget, options: {
        readonly tag: string;
        readonly readOnly?: boolean;
        readonly onProgress?: (text: string) => void;
    }): Promise<Result<SqlSession, SqlFailure>>;
}
/**
 * Keeps sessions open between assets. `open` waits its turn (a DuckDB file has one session at a time), and `close` of
 * a session gives it back.
 */
export interface SqlPool extends Sql {
    /** Waits until nobody uses the target, closes it, and keeps it closed until the returned function is called: so that another process can open the file. */
    exclusive(target: ConnectionTarget): Promise<() => void>;
    /** Closes all that is idle; a session still in use closes when it is given back. */
    end(): Promise<void>;
}
/** Files of the working tree that steps write, and the store that keeps their published copies. */
export interface OutputFiles {
    /** Existing files that match a pattern (glob, from the project's root), sorted, with digest and size. `outside` when it leaves the repository, `tracked` when git tracks it. */
    find(pattern: string): Promise<Result<readonly OutputFile[], {
        readonly code: 'outside' | 'tracked';
        readonly path: string;
    }>>;
    /** Keeps copies by digest; idempotent; all or a refusal. Yields the files as they are to be recorded. */
    save(files: readonly OutputFile[]): Promise<Result<readonly OutputFile[], StoreRefusal>>;
    /** Puts the published copies in place where working files differ; `files` are all of one materialization, and the outcomes are in their order. */
    restore(files: readonly OutputFile[]): Promise<readonly RestoreOutcome[]>;
    /** Are the published copies there? Looks without reading every byte; `restore` reads them. */
    holds(files: readonly OutputFile[]): Promise<readonly HeldOutcome[]>;
    /** See `FileStore`. */
    readonly looks: FileStore['looks'];
    /** The same of many materializations, in their order: of partitions there may be thousands. */
    holdsEach(materializations: readonly (readonly OutputFile[])[]): Promise<readonly (readonly HeldOutcome[])[]>;
    /** Removes a working file that an unpublished attempt left; one that git tracks, or outside of the repository, stays. */
    remove(path: string): Promise<void>;
}
export interface OutputFile {
    readonly path: string;
    /** SHA-256 of the content, hex. */
    readonly digest: string;
    readonly bytes: number;
    /** Its id in git, where a branch keeps it. */
    readonly blob?: string;
}
export type StoreRefusal = {
    readonly code: 'infrastructure';
    readonly message: string;
};
export type RestoreOutcome = 
/** `refused`: outside of the repository, or tracked by git. */
{
    readonly kind: 'unchanged' | 'restored' | 'refused';
} | ({
    readonly kind: 'lost';
} & StoreLoss);
export type HeldOutcome = {
    readonly kind: 'present';
} | ({
    readonly kind: 'lost';
} & StoreLoss);
/** `missing`: the store has it no more. `damaged`: it has something else. `unavailable`: nobody can tell now. `message`: in few words, without the file's name. */
export type StoreLoss = {
    readonly loss: 'missing' | 'damaged' | 'unavailable';
    readonly message: string;
};
/**
 * Where published copies are kept, by what their content is. `files` are always all files of one materialization: a
 * store may keep several small ones as one.
 */
export interface FileStore {
    /** Keeps copies; `from` gives the absolute path of a file with that content. Yields the files as they are to be recorded. */
    save(files: readonly OutputFile[], from: (file: OutputFile) => string): Promise<Result<readonly OutputFile[], StoreRefusal>>;
    /** The absolute path of a file with the content of `wanted`, looked at byte by byte; not to be written to. */
    fetch(files: readonly OutputFile[], wanted: OutputFile): Promise<Result<string, StoreLoss>>;
    /** In the order of the files, without reading every byte. */
    holds(files: readonly OutputFile[]): Promise<readonly HeldOutcome[]>;
    /** What a look at one materialization costs: `call` = a question over the network each, so nobody asks for thousands. */
    readonly looks: 'local' | 'call';
}
/** Where a person or a workflow log reads along. All text is redacted before it gets here. */
export interface Host {
    readonly interactive: boolean;
    readonly color: boolean;
    /** The environment that was asked for: commands that are advised go on in it. */
    readonly environment?: string;
    /** Result text on standard output. */
    print(text: string): void;
    /** Progress and warnings on standard error (a bar on a terminal, plain lines elsewhere). */
    progress(text: string): void;
    /** Replaces the status line; on no terminal it does nothing. */
    status(text: string): void;
}
