/**
 * The outside world as the engine sees it: plain data in and out, expected refusals as values.
 * Each port has one contract suite (src/testing), run against the fake and against the real thing.
 */
import type { Json } from './base/json.js';
import type { Result } from './base/result.js';
import type { Holder } from './model/events.js';
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
/** Where the state stands. */
export interface StateHead {
    /** Commit id; undefined when the ref does not exist. */
    readonly commit: string | undefined;
    /** The server's instant, from its `Date` header; undefined for ssh and file remotes. */
    readonly serverNow?: EpochMs;
    /** Time of the head commit. */
    readonly committedAt?: EpochMs;
    /** True when the witness ref exists: the branch was there before. */
    readonly witness: boolean;
}
/** What this machine remembers of a branch from one command to the next. */
export interface HeadMemory {
    /** The newest head that a command saw; undefined where none did, or nothing is remembered. */
    recall(): RememberedHead | undefined;
    keep(head: RememberedHead): void;
}
export interface RememberedHead {
    readonly commit: string;
    readonly seq: number;
}
export interface StateTreeEntry {
    readonly path: string;
    /** Git blob id: equal ids, equal bytes. */
    readonly blob: string;
}
export interface StateChange {
    /** Text to write, or null to delete, by path. */
    readonly files: ReadonlyMap<string, string | null>;
    /** Subject, blank line, body and trailers. */
    readonly message: string;
    readonly at: EpochMs;
    /** `recent/…-<writer>-<tx>.jsonl`: how a refused or unanswered push recognises its own landing. */
    readonly writer: string;
    readonly tx: number;
    /**
     * Refs of data that move in the same step as the state's: all of them or none. A store that cannot move several at
     * once moves these first and the state's last: data is found by its blob ids, so what got ahead of the state does no
     * harm, and what lagged behind it would be lost. One that moved elsewhere since is a `conflict`.
     */
    readonly refs?: readonly RefMove[];
    /**
     * Ends of chains of files that left the tree (`keepBehind`): further parents of the commit, so that whatever keeps the
     * branch keeps them. They are no part of the log.
     */
    readonly behind?: readonly string[];
}
/** Files that leave the tree of the head, each group into a tree of its own, on top of a chain of such trees. */
export interface BehindChain {
    /** Its end so far; undefined = it begins here. */
    readonly tip: string | undefined;
    readonly groups: readonly BehindGroup[];
}
export interface BehindGroup {
    /** What it is called in the chain, for people: a day or a month. */
    readonly name: string;
    /** Files as the head has them: only their names are needed, and nothing of them is sent. */
    readonly entries: readonly StateTreeEntry[];
}
/** What became of a chain. */
export interface KeptBehind {
    readonly tip: string;
    /** The tree of each group, in their order. */
    readonly trees: readonly string[];
}
export interface RefMove {
    /** Whole: `refs/heads/branchline/data`. */
    readonly ref: string;
    readonly commit: string;
    /** Where it stood; undefined = it must not exist. */
    readonly expected: string | undefined;
}
/** `no-access`: the server knows this account, or the lack of one, and shows it nothing: asking again changes nothing. */
export type StoreUnreachable = {
    readonly code: 'unreachable' | 'no-access';
    readonly message: string;
};
export type CommitOutcome = {
    readonly kind: 'landed';
    readonly commit: string;
}
/** Somebody else moved the ref: read again and decide again. `head`: where it was found just now, if it was read. */
 | {
    readonly kind: 'conflict';
    readonly head?: StateHead;
}
/** The ref did not move and the server said no. */
 | {
    readonly kind: 'denied';
    readonly message: string;
}
/** The commit could not be made on this machine: nothing was sent. */
 | {
    readonly kind: 'unwritten';
    readonly message: string;
}
/** The branch that was read is gone now. */
 | {
    readonly kind: 'gone';
} | {
    readonly kind: 'unreachable';
    readonly message: string;
};
/** A head that a compact left behind, with all of its history. */
export interface StateArchive {
    /** Number of its newest commit. */
    readonly seq: number;
    readonly commit: string;
    /** Time of its newest commit. */
    readonly committedAt: EpochMs;
    /** Name of the ref that keeps it. */
    readonly ref: string;
}
/** One environment's state ref, by compare-and-swap. */
export interface StateStore {
    /** For messages: `branchline/state at origin`. */
    readonly label: string;
    read(): Promise<Result<StateHead, StoreUnreachable>>;
    /** All paths of a commit under a prefix (`''` = all), sorted; but those of a folder (`health/`) where one is named to be left out. */
    list(commit: string, prefix: string, without?: string): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>>;
    /** The texts of those of the paths that exist, in one batch. */
    load(commit: string, paths: readonly string[]): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>>;
    /** All paths of trees of such chains, in one batch; of a path that is in several, the last counts. Sorted. */
    listBehind(trees: readonly string[]): Promise<Result<readonly StateTreeEntry[], StoreUnreachable>>;
    /** Texts by blob, in one batch: of files that are in no tree of a commit any more. */
    loadBlobs(blobs: readonly string[]): Promise<Result<ReadonlyMap<string, string>, StoreUnreachable>>;
    /**
     * Writes such chains on this machine, in their order, with the time `at`. Nothing is sent: the commit that has the ends
     * `behind` it takes them along.
     */
    keepBehind(chains: readonly BehindChain[], at: EpochMs): Promise<Result<readonly KeptBehind[], StoreUnreachable>>;
    /** Finds by looking, never by git's words, what became of it. */
    commit(expected: string | undefined, change: StateChange): Promise<CommitOutcome>;
    /**
     * As `commit`, but the new commit does not continue the log: the tree of `expected`, number `seq`, with the change on
     * it. The head before is kept as an archive.
     */
    compact(expected: string, seq: number, change: StateChange): Promise<CommitOutcome>;
    /** Newest first. */
    archives(): Promise<Result<readonly StateArchive[], StoreUnreachable>>;
    /** Deletes archives and the history in them; gives those that are gone now. */
    dropArchives(archives: readonly StateArchive[]): Promise<Result<readonly StateArchive[], StoreUnreachable>>;
    /** Newest first; at most `limit`. Reaches as far back as history goes, archives too. */
    log(limit: number, from?: string): Promise<Result<readonly StateCommit[], StoreUnreachable>>;
    /** A commit id, an unambiguous prefix of one, or an instant (the newest commit at or before it); in archives too. */
    resolve(at: string): Promise<Result<string | undefined, StoreUnreachable>>;
}
export interface StateCommit {
    readonly commit: string;
    readonly at: EpochMs;
    readonly subject: string;
    readonly trailers: Readonly<Record<string, string>>;
}
/** Events on disk that are not yet committed; one file a writer. */
export interface Journal {
    /** For messages: where it is kept. */
    readonly place: string;
    /**
     * Appends lines (without line end): when it returns they outlive this process. `sync` begins to write all that is
     * appended through to the disk, to outlive a power cut as well.
     */
    append(lines: readonly string[], sync: boolean): void;
    /** Resolves when all that was appended with `sync` is on disk; rejects when the disk refuses. */
    synced(): Promise<void>;
    /** The commit is confirmed: lines up to and with this count from the start may go. */
    confirm(lines: number): void;
    /** Nothing is pending: removes the file. */
    close(): void;
}
export interface OrphanJournal {
    readonly writer: string;
    readonly lines: readonly string[];
    /** Its lines are in a commit: removes it. */
    discard(): void;
    /** Gives it back for a later command. */
    release(): void;
}
export interface Journals {
    open(writer: string): Journal;
    /** Journals whose owner (pid, process start, boot) is gone, each renamed so that only we hold it. */
    adopt(): readonly OrphanJournal[];
    /** Keeps lines that are not (or not whole) on the branch in a file that nobody adopts; gives its place, for people. */
    setAside(writer: string, lines: readonly string[]): string;
}
/** `unknown`: nobody can tell, or whoever could does not answer; the holder is then judged by its silence. */
export type Liveness = 'alive' | 'gone' | 'unknown';
/** Who we are, and whether the holder of a claim still lives. */
export interface Holders {
    readonly self: Holder;
    liveness(holder: Holder): Promise<Liveness>;
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
    /** `damaged`: what lies there is no whole database, and will not be one later. */
    readonly code: 'sql' | 'locked' | 'unreachable' | 'damaged' | 'driver-missing' | 'interrupted' | 'timeout';
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
