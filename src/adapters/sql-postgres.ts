import type { Client, ClientConfig, DatabaseError, QueryArrayResult } from 'pg';
import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { ConnectionTarget, SqlFailure, SqlRows, SqlSession } from '../ports.ts';
import { positionalBinds } from '../sql/binds.ts';
import { cellText } from '../sql/cell-text.ts';
import { placeAt } from '../sql/place.ts';
import { quoteIdentifier } from '../sql/quote.ts';
import { splitStatements } from '../sql/split.ts';
import { interruptible } from './sql-interrupt.ts';
import { exactDecimal, exactInteger, floatValue, isoTimestamp } from './sql-values.ts';

/** The driver's module, as far as we use it. */
export type PgEngine = { readonly Client: typeof Client };
type PostgresTarget = Extract<ConnectionTarget, { readonly type: 'postgres' }>;

const CONNECT_MS_MAX = 15_000;
/** What Postgres keeps of an application name, in bytes. */
const TAG_LENGTH_MAX = 63;

/** Opens a connection whose application name is the tag; its default schema is made when it is not there. */
export async function openPostgres(
  engine: PgEngine,
  target: PostgresTarget,
  options: { readonly tag: string; readonly readOnly: boolean },
): Promise<Result<SqlSession, SqlFailure>> {
  const config: ClientConfig = {
    connectionString: target.url,
    application_name: options.tag.slice(0, TAG_LENGTH_MAX),
    connectionTimeoutMillis: CONNECT_MS_MAX,
    types: { getTypeParser: () => (text: string) => text } as unknown as NonNullable<ClientConfig['types']>,
  };
  let client: Client;
  try {
    client = new engine.Client(config);
    // A connection that breaks between statements must not end the process; the next statement reports it.
    client.on('error', () => undefined);
    await client.connect();
  } catch (error) {
    return fail({ code: 'unreachable', message: `Postgres cannot be reached: ${connectMessage(error)}` });
  }
  const session = new PostgresSession(engine, config, client);
  const prepared = await prepare(session, target.schema, options.readOnly);
  if (prepared.ok) return ok(session);
  await session.close();
  return prepared;
}

async function prepare(
  session: PostgresSession,
  schema: string | undefined,
  readOnly: boolean,
): Promise<Result<void, SqlFailure>> {
  const version = await session.query('show server_version');
  if (!version.ok) return version;
  session.engineVersion = cellText(version.value.rows[0]?.[0]).split(' ')[0]!;
  // Quoting of texts relies on it; servers of old may have it off.
  const settings = ['set standard_conforming_strings = on', "set datestyle = 'ISO'"];
  if (schema !== undefined) settings.push(`set search_path = ${quoteIdentifier(schema)}, public`);
  if (readOnly) settings.push('set default_transaction_read_only = on');
  else if (schema !== undefined) {
    const exists = await session.query('select 1 from pg_namespace where nspname = $schema', { schema });
    if (exists.ok && exists.value.rows.length === 0)
      settings.unshift(`create schema if not exists ${quoteIdentifier(schema)}`);
  }
  for (const setting of settings) {
    const done = await session.query(setting);
    if (!done.ok) return done;
  }
  return ok(undefined);
}

class PostgresSession implements SqlSession {
  readonly dialect = 'postgres';
  engineVersion = '';
  readonly #engine: PgEngine;
  readonly #config: ClientConfig;
  readonly #client: Client;

  constructor(engine: PgEngine, config: ClientConfig, client: Client) {
    this.#engine = engine;
    this.#config = config;
    this.#client = client;
  }

  query: SqlSession['query'] = async (sql, binds = {}, options = {}) => {
    const positional = positionalBinds(sql);
    const unset = positional.names.find((name) => !Object.hasOwn(binds, name));
    if (unset !== undefined) return fail({ code: 'sql', message: `no value for $${unset}` });
    const values = positional.names.map((name) => wireText(binds[name] ?? null));
    return interruptible(options, {
      run: async () =>
        readRows(await this.#client.query({ text: positional.sql, values, rowMode: 'array' }), options.maxRows),
      interrupt: () => this.#cancel(),
      failure: (error) => sqlFailure(error, sql, positional.originalOffset),
      isInterrupt: (error) => (error as DatabaseError).code === QUERY_CANCELED,
    });
  };

  split: SqlSession['split'] = async (sql) => {
    const split = splitStatements(sql);
    return split.ok ? split : fail({ code: 'sql', ...split.error });
  };

  /** Over a connection of its own: this one is busy with the statement that is to stop. */
  async #cancel(): Promise<void> {
    const pid = (this.#client as Client & { readonly processID?: number }).processID;
    const other = new this.#engine.Client(this.#config);
    other.on('error', () => undefined);
    try {
      await other.connect();
      await other.query('select pg_cancel_backend($1)', [pid]);
    } catch {
      // The statement goes on and a further request follows shortly.
    } finally {
      await other.end().catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined);
  }
}

const QUERY_CANCELED = '57014';

function wireText(value: Json): string | null {
  if (value === null) return null;
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function readRows(result: QueryArrayResult | readonly QueryArrayResult[], maxRows: number | undefined): SqlRows {
  // Several statements without binds give several results; the last one counts.
  const last = (Array.isArray(result) ? result.at(-1) : result) as QueryArrayResult;
  const changed =
    last.command === 'SELECT' && last.fields.length > 0 ? {} : last.rowCount === null ? {} : { changed: last.rowCount };
  const columns = last.fields.map((field) => ({
    name: field.name,
    type: TYPES.get(field.dataTypeID) ?? `oid ${field.dataTypeID}`,
  }));
  const rows = (maxRows === undefined ? last.rows : last.rows.slice(0, maxRows)) as (string | null)[][];
  return {
    columns,
    rows: rows.map((row) => row.map((text, index) => (text === null ? null : jsonValue(text, columns[index]!.type)))),
    ...changed,
  };
}

/** Object ids of built-in types never change (src/include/catalog/pg_type.dat of Postgres). */
const TYPES: ReadonlyMap<number, string> = new Map([
  [16, 'boolean'],
  [17, 'bytea'],
  [19, 'name'],
  [20, 'bigint'],
  [21, 'smallint'],
  [23, 'integer'],
  [25, 'text'],
  [26, 'oid'],
  [114, 'json'],
  [700, 'real'],
  [701, 'double precision'],
  [1042, 'character'],
  [1043, 'character varying'],
  [1082, 'date'],
  [1083, 'time without time zone'],
  [1114, 'timestamp without time zone'],
  [1184, 'timestamp with time zone'],
  [1186, 'interval'],
  [1700, 'numeric'],
  [2950, 'uuid'],
  [3802, 'jsonb'],
]);

function jsonValue(text: string, type: string): Json {
  switch (type) {
    case 'boolean':
      return text === 't';
    case 'bigint':
    case 'smallint':
    case 'integer':
    case 'oid':
      return exactInteger(text);
    case 'real':
    case 'double precision':
      return floatValue(Number(text));
    case 'numeric':
      return exactDecimal(text);
    case 'json':
    case 'jsonb':
      return JSON.parse(text) as Json;
    case 'timestamp without time zone':
    case 'timestamp with time zone':
      return isoTimestamp(text);
    default:
      return text;
  }
}

function sqlFailure(error: unknown, sql: string, originalOffset: (offset: number) => number): SqlFailure {
  const { message, detail, hint, position } = error as DatabaseError;
  const told = [message, detail, hint].filter((part) => part !== undefined).join('. ');
  if (position === undefined) return { code: isConnectionLoss(error) ? 'unreachable' : 'sql', message: told };
  // Postgres counts characters from 1; we count UTF-16 code units from 0.
  const units = Array.from(positionalBinds(sql).sql)
    .slice(0, Number(position) - 1)
    .join('').length;
  return { code: 'sql', message: told, ...placeAt(sql, originalOffset(units)) };
}

/** A server's error has an SQLSTATE of five characters: class 08 and 57P are about the connection; no code at all, too. */
function isConnectionLoss(error: unknown): boolean {
  const code = (error as DatabaseError).code;
  return code === undefined || !/^[0-9A-Z]{5}$/.test(code) || code.startsWith('08') || code.startsWith('57P');
}

function connectMessage(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map((one) => (one as Error).message).join('; ');
  return error instanceof Error ? error.message : String(error);
}
