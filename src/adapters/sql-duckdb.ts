import { mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type {
  DuckDBConnection,
  DuckDBInstance,
  DuckDBPreparedStatement,
  DuckDBResult,
  DuckDBValue,
} from '@duckdb/node-api';
import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { ConnectionTarget, SqlFailure, SqlRows, SqlSession } from '../ports.ts';
import { bindNames } from '../sql/binds.ts';
import { placeAt } from '../sql/place.ts';
import { splitStatements } from '../sql/split.ts';
import { attachedBy, damageFailure, isDamage, shortPath } from './duckdb-damage.ts';
import { interruptible } from './sql-interrupt.ts';
import { exactDecimal, exactInteger, floatValue, isoTimestamp } from './sql-values.ts';

/** The driver's module, as far as we use it. */
export type DuckDBEngine = typeof import('@duckdb/node-api');
type DuckDBTarget = Extract<ConnectionTarget, { readonly type: 'duckdb' }>;

/** Opens a database file (or `:memory:`). The engine never fetches an extension that was not asked for. */
export async function openDuckDB(
  engine: DuckDBEngine,
  target: DuckDBTarget,
  readOnly: boolean,
): Promise<Result<SqlSession, SqlFailure>> {
  let instance: DuckDBInstance;
  try {
    // Folders of data are not in git: on a fresh clone they are not there yet.
    if (!readOnly && target.path !== ':memory:') mkdirSync(dirname(target.path), { recursive: true });
    instance = await engine.DuckDBInstance.create(target.path, {
      autoinstall_known_extensions: 'false',
      errors_as_json: 'true',
      ...(readOnly && target.path !== ':memory:' ? { access_mode: 'READ_ONLY' } : {}),
    });
  } catch (error) {
    return fail(openFailure(error, target.path));
  }
  const session = new DuckDBSession(engine, instance, await instance.connect(), target.path);
  const prepared = await prepare(session, target);
  if (prepared.ok) return ok(session);
  await session.close();
  return prepared;
}

async function prepare(session: DuckDBSession, target: DuckDBTarget): Promise<Result<void, SqlFailure>> {
  for (const name of target.extensions) {
    const loaded = await session.query(`load "${name.replaceAll('"', '""')}"`);
    if (loaded.ok) continue;
    // Named by the user, so it may be fetched; what is built in needs no network.
    const installed = await session.query(`install "${name.replaceAll('"', '""')}"`);
    const again = installed.ok ? await session.query(`load "${name.replaceAll('"', '""')}"`) : installed;
    if (!again.ok)
      return fail({ code: 'sql', message: `the DuckDB extension ${name} cannot be loaded: ${again.error.message}` });
  }
  if (target.init !== undefined) {
    const done = await session.query(target.init);
    if (!done.ok) return fail({ ...done.error, message: `in \`init\` of the connection: ${done.error.message}` });
  }
  return ok(undefined);
}

class DuckDBSession implements SqlSession {
  readonly dialect = 'duckdb';
  readonly engineVersion: string;
  readonly #engine: DuckDBEngine;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #path: string;
  /** Files that its SQL has attached, or tried to. */
  readonly #attached = new Set<string>();

  constructor(engine: DuckDBEngine, instance: DuckDBInstance, connection: DuckDBConnection, path: string) {
    this.#engine = engine;
    this.#instance = instance;
    this.#connection = connection;
    this.#path = path;
    this.engineVersion = engine.version().replace(/^v/, '');
  }

  query: SqlSession['query'] = async (sql, binds = {}, options = {}) => {
    for (const file of attachedBy(sql)) this.#attached.add(file);
    const done = await interruptible(options, {
      run: () => this.#run(sql, binds, options.maxRows),
      interrupt: () => this.#connection.interrupt(),
      failure: (error) => sqlFailure(error, sql, [this.#path, ...this.#attached]),
      isInterrupt: (error) => parseError(error)?.exception_type === 'INTERRUPT',
    });
    if (done.ok || done.error.code !== 'damaged') return done;
    return fail(
      damageFailure(done.error.message, this.#path, [...new Set([...this.#attached, ...(await this.#open())])]),
    );
  };

  /** Files of databases that are open here, as far as they can be told. */
  async #open(): Promise<readonly string[]> {
    try {
      // Not by `query`: one that is damaged fails the same way.
      const { rows } = await this.#run('select path from duckdb_databases() where path is not null', {}, undefined);
      return rows.flatMap(([path]) => (typeof path === 'string' ? [resolve(path)] : []));
    } catch {
      return [];
    }
  }

  split: SqlSession['split'] = async (sql) => {
    const split = splitStatements(sql);
    if (!split.ok) return fail({ code: 'sql', ...split.error });
    if (split.value.length === 0) return split;
    try {
      // DuckDB's own parser reads all of it first, so that a slip in the last statement stops the first one too.
      await this.#connection.extractStatements(sql);
      return split;
    } catch (error) {
      return fail(sqlFailure(error, sql, [this.#path]));
    }
  };

  async #run(sql: string, binds: Readonly<Record<string, Json>>, maxRows: number | undefined): Promise<SqlRows> {
    // A single statement to us can be several to DuckDB (`pivot`): all of them run, the last one's rows count. Asked in one
    // go where nothing is bound and all rows are wanted: to prepare a statement first costs as much as a small one itself.
    if (maxRows === undefined && bindNames(sql).length === 0)
      return this.#read(await this.#connection.run(sql), undefined);
    const statements = await this.#connection.extractStatements(sql);
    let rows: SqlRows = { columns: [], rows: [] };
    for (let index = 0; index < statements.count; index++) {
      const statement = await statements.prepare(index);
      try {
        this.#bind(statement, sql, binds);
        const result =
          index === statements.count - 1 && maxRows !== undefined ? await statement.stream() : await statement.run();
        rows = await this.#read(result, maxRows);
      } finally {
        statement.destroySync();
      }
    }
    return rows;
  }

  #bind(statement: DuckDBPreparedStatement, sql: string, binds: Readonly<Record<string, Json>>): void {
    for (let index = 1; index <= statement.parameterCount; index++) {
      const parameter = statement.parameterName(index);
      // The driver tells names in lower case; two binds that differ by case alone are one to DuckDB.
      const name = Object.hasOwn(binds, parameter)
        ? parameter
        : bindNames(sql).find(
            (written) => written.toLowerCase() === parameter.toLowerCase() && Object.hasOwn(binds, written),
          );
      if (name === undefined) throw new Error(`no value for $${parameter}`);
      bindValue(statement, index, binds[name] ?? null);
    }
  }

  async #read(result: DuckDBResult, maxRows: number | undefined): Promise<SqlRows> {
    const kind = result.returnType;
    // `create table … as` yields its row count as if it were a query's row.
    const isCreate = result.statementType === this.#engine.StatementType.CREATE;
    if (kind === this.#engine.ResultReturnType.CHANGED_ROWS || (isCreate && result.columnCount === 1)) {
      const counted = Number((await result.getRows())[0]?.[0] ?? result.rowsChanged);
      return { columns: [], rows: [], changed: counted };
    }
    if (kind !== this.#engine.ResultReturnType.QUERY_RESULT) return { columns: [], rows: [] };
    const types = result.columnTypes().map(String);
    const columns = result.deduplicatedColumnNames().map((name, index) => ({ name, type: types[index]! }));
    const rows: Json[][] = [];
    let isOpen = true;
    while (isOpen && (maxRows === undefined || rows.length < maxRows)) {
      const chunk = await result.fetchChunk();
      isOpen = chunk !== null && chunk.rowCount > 0;
      for (const row of chunk?.getRows() ?? []) rows.push(row.map((value) => this.#json(value)));
    }
    // Read to its end, and thrown away: a result that stays open keeps the whole database open behind `close` until it
    // is garbage collected. Other processes find the file locked, and opened here once more it is corrupted. To
    // interrupt it instead would abort a transaction of the user's.
    while (isOpen) isOpen = ((await result.fetchChunk())?.rowCount ?? 0) > 0;
    return { columns, rows: maxRows === undefined ? rows : rows.slice(0, maxRows) };
  }

  #json(value: DuckDBValue): Json {
    const engine = this.#engine;
    if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
    if (typeof value === 'number') return floatValue(value);
    if (typeof value === 'bigint') return exactInteger(String(value));
    if (value instanceof engine.DuckDBDecimalValue) return exactDecimal(String(value));
    if (value instanceof engine.DuckDBTimestampTZValue) return utcText(value.micros) ?? String(value);
    if (value instanceof engine.DuckDBListValue || value instanceof engine.DuckDBArrayValue)
      return value.items.map((item) => this.#json(item));
    if (value instanceof engine.DuckDBStructValue) {
      return Object.fromEntries(Object.entries(value.entries).map(([name, item]) => [name, this.#json(item)]));
    }
    if (value instanceof engine.DuckDBMapValue)
      return value.entries.map((entry) => ({ key: this.#json(entry.key), value: this.#json(entry.value) }));
    if (value instanceof engine.DuckDBUnionValue) return this.#json(value.value);
    return isoTimestamp(String(value));
  }

  async close(): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

function bindValue(statement: DuckDBPreparedStatement, index: number, value: Json): void {
  if (value === null) statement.bindNull(index);
  else if (typeof value === 'boolean') statement.bindBoolean(index, value);
  else if (typeof value === 'string') statement.bindVarchar(index, value);
  else if (typeof value !== 'number') statement.bindVarchar(index, JSON.stringify(value));
  else if (!Number.isInteger(value)) statement.bindDouble(index, value);
  else if (Math.abs(value) < 2 ** 31) statement.bindInteger(index, value);
  else if (Number.isSafeInteger(value)) statement.bindBigInt(index, BigInt(value));
  else statement.bindDouble(index, value);
}

/** An instant in UTC with as many digits as it has; undefined for what no calendar date is (`infinity`). */
function utcText(micros: bigint): string | undefined {
  const ms = micros >= 0n || micros % 1000n === 0n ? micros / 1000n : micros / 1000n - 1n;
  if (ms > 8_640_000_000_000_000n || ms < -8_640_000_000_000_000n) return undefined;
  const [seconds, millis] = new Date(Number(ms)).toISOString().slice(0, -1).split('.');
  const fraction = `${millis}${String(micros - ms * 1000n).padStart(3, '0')}`.replace(/0+$/, '');
  return `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
}

interface DuckDBErrorJson {
  readonly exception_type: string;
  readonly exception_message: string;
  /** Offset in bytes of UTF-8. */
  readonly position?: string;
}

/** With `errors_as_json` an error's text ends in a JSON object: no error is recognised by its prose. */
function parseError(error: unknown): DuckDBErrorJson | undefined {
  const text = error instanceof Error ? error.message : String(error);
  const brace = text.indexOf('{"exception_type"');
  if (brace < 0) return undefined;
  try {
    return JSON.parse(text.slice(brace)) as DuckDBErrorJson;
  } catch {
    return undefined;
  }
}

/** `files`: databases that the session may have open. */
function sqlFailure(error: unknown, sql: string, files: readonly string[]): SqlFailure {
  const parsed = parseError(error);
  if (!parsed) return { code: 'sql', message: error instanceof Error ? error.message : String(error) };
  const message = parsed.exception_message.trim();
  if (isDamage(message, files)) return { code: 'damaged', message };
  if (parsed.position === undefined) return { code: 'sql', message };
  const offset = Buffer.from(sql).subarray(0, Number(parsed.position)).toString().length;
  return { code: 'sql', message, ...placeAt(sql, offset) };
}

function openFailure(error: unknown, path: string): SqlFailure {
  const parsed = parseError(error);
  const message = parsed?.exception_message ?? (error instanceof Error ? error.message : String(error));
  if (isDamage(message, [path])) return damageFailure(message, path, []);
  // DuckDB has no error code for a lock; the process that holds it is named in the text only.
  const holder = /lock.*?(?:held in (?<program>.+?) \(PID (?<pid>\d+)\)|$)/is.exec(message);
  if (!holder || parsed?.exception_type !== 'IO')
    return {
      code: 'unreachable',
      message: `${shortPath(path)} cannot be opened: ${message.replaceAll(path, shortPath(path))}`,
    };
  const who = holder.groups?.['pid']
    ? `process ${holder.groups['pid']} (${holder.groups['program']}) has it open`
    : 'another process has it open';
  return {
    code: 'locked',
    message: `${shortPath(path)} is locked: ${who}. DuckDB lets one process at a time open a file: end that one, then run again.`,
  };
}
