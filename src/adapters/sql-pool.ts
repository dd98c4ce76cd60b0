import { digestOf } from '../base/digest.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { ConnectionTarget, Sql, SqlFailure, SqlPool, SqlSession } from '../ports.ts';
import { leavesTraces } from '../sql/traces.ts';

type OpenOptions = Parameters<Sql['open']>[1];

/** A session of one target, as the pool keeps it. */
interface Kept {
  readonly session: SqlSession;
  /** The session as its users see it: one object for all of them, so that what is known of it stays known. */
  readonly lease: Lease;
  readonly readOnly: boolean;
  tag: string;
}

interface Lease extends SqlSession {
  begin(giveBack: (isClean: boolean) => Promise<void>): void;
}

interface Slot {
  readonly idle: Kept[];
  inUse: number;
  /** Those who wait for their turn, first come, first served. */
  readonly waiting: (() => void)[];
}

/**
 * A pool over the `Sql` port: a process, a file lock and a connection are paid for once, not once an asset. A session
 * whose statements left something behind (settings, temporary tables) is closed instead of being kept.
 */
export function pooledSql(sql: Sql, options: { readonly postgresSessionsMax?: number } = {}): SqlPool {
  const slots = new Map<string, Slot>();
  let ended = false;
  const slotOf = (target: ConnectionTarget): Slot => {
    const key = digestOf(target);
    const slot = slots.get(key) ?? { idle: [], inUse: 0, waiting: [] };
    slots.set(key, slot);
    return slot;
  };
  const usersMax = (target: ConnectionTarget): number =>
    target.type === 'duckdb' ? 1 : (options.postgresSessionsMax ?? 8);
  return {
    async open(target, openOptions) {
      if (ended) return fail({ code: 'unreachable', message: 'the connections of this run are closed already' });
      const slot = slotOf(target);
      await turn(slot, usersMax(target));
      const kept = await take(sql, slot, target, openOptions);
      if (!kept.ok) {
        leave(slot);
        return kept;
      }
      const { session, lease } = kept.value;
      const inMemory = target.type === 'duckdb' && target.path === ':memory:';
      lease.begin(async (isClean) => {
        // What is in memory only would be lost with its session.
        if (ended || !(isClean || inMemory)) await session.close();
        else slot.idle.push(kept.value);
        leave(slot);
      });
      return ok(lease);
    },
    async exclusive(target) {
      // A server takes many connections; a DuckDB file has one place, which is held until it is given back.
      if (target.type !== 'duckdb') return () => undefined;
      const slot = slotOf(target);
      await turn(slot, usersMax(target));
      await closeIdle(slot);
      return () => leave(slot);
    },
    async end() {
      ended = true;
      for (const slot of slots.values()) await closeIdle(slot);
    },
  };
}

/** Waits for a place in the slot and takes it. */
function turn(slot: Slot, usersMax: number): Promise<void> {
  if (slot.inUse < usersMax && slot.waiting.length === 0) {
    slot.inUse++;
    return Promise.resolve();
  }
  return new Promise((resolve) => slot.waiting.push(resolve));
}

/** Gives the place to who waits longest, or frees it. */
function leave(slot: Slot): void {
  const next = slot.waiting.shift();
  if (next) next();
  else slot.inUse--;
}

async function closeIdle(slot: Slot): Promise<void> {
  for (const kept of slot.idle.splice(0)) await kept.session.close();
}

async function take(
  sql: Sql,
  slot: Slot,
  target: ConnectionTarget,
  options: OpenOptions,
): Promise<Result<Kept, SqlFailure>> {
  const readOnly = options.readOnly ?? false;
  const kept = slot.idle.pop();
  // A session that may write serves a reader as well, and a file cannot be open in both ways at once.
  if (kept && (!kept.readOnly || readOnly)) {
    const tagged = await retag(kept, options.tag);
    if (tagged) return ok(kept);
  }
  if (kept) await kept.session.close();
  const opened = await sql.open(target, options);
  return opened.ok ? ok({ session: opened.value, lease: leaseOf(opened.value), readOnly, tag: options.tag }) : opened;
}

/** False when the connection is not alive any more. */
async function retag(kept: Kept, tag: string): Promise<boolean> {
  if (kept.session.dialect !== 'postgres' || kept.tag === tag) return true;
  const done = await kept.session.query(`select set_config('application_name', $tag, false)`, {
    tag: tag.slice(0, 63),
  });
  kept.tag = tag;
  return done.ok;
}

/** A session whose `close` gives it back, once a lease, and that notices what its user leaves behind. */
function leaseOf(session: SqlSession): Lease {
  let giveBack: ((isClean: boolean) => Promise<void>) | undefined;
  let isClean = true;
  let isOpen = false;
  return {
    dialect: session.dialect,
    engineVersion: session.engineVersion,
    begin(next) {
      giveBack = next;
      isClean = true;
      isOpen = false;
    },
    async query(text, binds, options) {
      const first = /^\s*(begin|commit|rollback)\b/i.exec(text)?.[1]?.toLowerCase();
      if (first !== undefined) isOpen = first === 'begin';
      else if (leavesTraces(text)) isClean = false;
      const answer = await session.query(text, binds, options);
      if (!answer.ok && answer.error.code === 'unreachable') isClean = false;
      return answer;
    },
    split: (text) => session.split(text),
    async close() {
      const back = giveBack;
      giveBack = undefined;
      await back?.(isClean && !isOpen);
    },
  };
}
