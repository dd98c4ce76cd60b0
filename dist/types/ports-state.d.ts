/**
 * Where the state is kept: the branch that moves by compare-and-swap, the journals of what is not on it yet, and who holds
 * the claims on it. Part of the ports (ports.ts).
 */
import type { Result } from './base/result.js';
import type { Holder } from './model/events.js';
import type { EpochMs } from './model/instant.js';
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
