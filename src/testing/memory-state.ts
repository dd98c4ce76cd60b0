import type { StatePorts } from '../app/state-ports.ts';
import { openStateSession, type StateSession } from '../app/state-session.ts';
import type { StateStore } from '../ports-state.ts';
import type { StateProblem } from '../state/codec.ts';
import { verifyState } from '../state/verify.ts';
import { must } from './contracts/state-changes.ts';
import { createFakeStateServer, type FakeStateServer } from './fake-store.ts';
import { type RunStory, runEvents, STORY_START } from './state-story.ts';
import { tamperWith } from './tamper.ts';

/** A state on a server in memory, with a clock that stands until it is moved and as many writers as are opened. */
export interface MemoryState {
  readonly server: FakeStateServer;
  /** What any of the writers warned of. */
  readonly warnings: string[];
  readonly now: () => number;
  readonly wait: (ms: number) => void;
  /** What another writer reads and writes the state with. */
  readonly ports: (store?: StateStore) => StatePorts;
  /** A session of another writer. */
  readonly open: (store?: StateStore) => StateSession;
  /** Commits a whole run that begins now; the subject is `message`, or the run. */
  readonly record: (session: StateSession, story: Omit<RunStory, 'at'>, message?: string) => Promise<void>;
  /** A commit of somebody who edits the branch by hand. */
  readonly tamper: (files: Readonly<Record<string, string | null>>) => Promise<void>;
  readonly problems: () => readonly StateProblem[];
}

export function memoryState(options: Partial<StatePorts> = {}): MemoryState {
  const server = createFakeStateServer();
  const warnings: string[] = [];
  let now = STORY_START;
  let writers = 0;
  const ports: MemoryState['ports'] = (store = server.open()) => ({
    store,
    clock: { now: () => now, sleep: async () => {} },
    random: () => 0,
    environment: 'production',
    projectName: 'shop',
    writer: `w${++writers}`,
    redact: (text) => text,
    warn: (text) => warnings.push(text),
    ...options,
  });
  return {
    server,
    warnings,
    now: () => now,
    wait(ms) {
      now += ms;
    },
    ports,
    open: (store) => openStateSession(ports(store)),
    async record(session, story, message = story.run) {
      const events = runEvents({ ...story, at: now });
      must(await session.transact(async () => ({ kind: 'commit', events, message, value: undefined })));
    },
    tamper: (files) => tamperWith(server.open(), files, now),
    problems: () => verifyState(server.files(), 'production').problems,
  };
}
