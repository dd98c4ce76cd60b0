import type { Span } from '../model/diagnostic.ts';
import type { Failure } from '../model/failure.ts';
import type { SqlFailure } from '../ports.ts';
import { offsetAt, type Place, placeAt, placeInFile, sqlExcerpt } from '../sql/place.ts';
import type { RenderedSql, SqlTemplate } from '../sql/render.ts';

/** Where a user's SQL was written, so that an error can point at it. */
export interface SqlOrigin {
  readonly template: SqlTemplate;
  /** The file that holds it: a `.sql` file, or the manifest. */
  readonly startsAt: Span;
}

/** A statement as it was sent: `prefix` is the length of what the engine put before the user's text. */
export interface SentStatement {
  readonly sql: string;
  readonly prefix: number;
  /** Where the user's part stands in the rendered whole. */
  readonly offset: number;
}

/** Where a database's error is in the text as the user wrote it; undefined when it did not say, or it is not in there. */
export function placeOfFailure(
  failure: SqlFailure,
  sent: SentStatement,
  rendered: RenderedSql,
  template: SqlTemplate,
): Place | undefined {
  if (failure.line === undefined || failure.column === undefined) return undefined;
  const inStatement = offsetAt(sent.sql, { line: failure.line, column: failure.column }) - sent.prefix;
  if (inStatement < 0) return undefined;
  return placeAt(template.source, rendered.sourceOffset(sent.offset + inStatement));
}

/** The failure of an attempt: message with file, line and column; the statement's lines with a caret as its log. */
export function failureWithExcerpt(failure: SqlFailure, origin: SqlOrigin, place: Place | undefined): Failure {
  const base = attemptFailure(failure);
  if (!place) return base;
  const at = placeInFile(place, origin.startsAt);
  return {
    ...base,
    message: `${origin.startsAt.file}:${at.line}:${at.column}: ${base.message}`,
    logTail: sqlExcerpt(origin.template.source, place, { firstLine: origin.startsAt.line }),
  };
}

/** A database's refusal as a failure of the attempt. */
export function attemptFailure(failure: SqlFailure): Failure {
  const { message } = failure;
  switch (failure.code) {
    case 'sql':
      return { class: 'step', code: 'sql', message };
    case 'timeout':
      return { class: 'timeout', code: 'timeout', message };
    case 'interrupted':
      return { class: 'cancel', code: 'canceled', message };
    case 'locked':
    case 'unreachable':
    case 'driver-missing':
      return { class: 'infrastructure', code: failure.code, message };
    case 'attached-damaged':
      return {
        class: 'infrastructure',
        code: 'database-damaged',
        message: `${message}. Put a good copy of it there, or make it again`,
      };
    case 'damaged':
      return {
        class: 'infrastructure',
        code: 'database-damaged',
        // Something of it may be saved yet, and a log that belongs to it would be played into a new file.
        message: `a damaged database file is not written over: ${message}. Move it to another place (with its .wal, if one is beside it), or put a good copy there; what was in it then counts as lost and can be made again`,
      };
  }
}
