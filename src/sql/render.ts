import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey } from '../model/project.ts';
import { lexSql } from './lex.ts';
import { type Place, placeAt } from './place.ts';

/**
 * A piece of a user's SQL. `offset` and `length` say where it stands in the text as written (UTF-16 code units),
 * braces included.
 */
export type SqlPart =
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | { readonly kind: 'ref'; readonly asset: AssetKey; readonly offset: number; readonly length: number }
  | { readonly kind: 'this'; readonly offset: number; readonly length: number }
  | { readonly kind: 'bind'; readonly expression: string; readonly offset: number; readonly length: number };

/** SQL text cut at its `${{ … }}`, and the text itself for excerpts. */
export interface SqlTemplate {
  readonly source: string;
  readonly parts: readonly SqlPart[];
}

export interface RenderContext {
  /** What `ref` yields, quoted already; undefined = no such relation here. */
  readonly ref: (asset: AssetKey) => string | undefined;
  /** What `this` yields, quoted already; undefined = the asset has none. */
  readonly self: string | undefined;
  /** The value of an expression, evaluated by the caller. */
  readonly value: (expression: string) => Json;
  /** In a view only `ref` and `this` may stand: a view cannot hold a bind. */
  readonly bindsAllowed?: boolean;
}

export interface RenderedSql {
  readonly sql: string;
  readonly binds: Readonly<Record<string, Json>>;
  /** The offset in the template's source for an offset in `sql`. */
  readonly sourceOffset: (offset: number) => number;
}

export interface RenderFailure extends Place {
  readonly message: string;
}

interface Piece {
  readonly start: number;
  readonly end: number;
  readonly part: SqlPart;
}

/**
 * Puts a template together: values become binds, relations become quoted names, nothing is pasted. An expression
 * inside of quotes would be plain text to the database, so it is refused with its place; one in a comment is inert.
 */
export function renderSql(template: SqlTemplate, context: RenderContext): Result<RenderedSql, RenderFailure> {
  const binds: Record<string, Json> = {};
  const pieces: Piece[] = [];
  let sql = '';
  for (const part of template.parts) {
    const text = partText(part, context, binds);
    if (typeof text !== 'string') return fail({ ...placeAt(template.source, part.offset), message: text.problem });
    pieces.push({ start: sql.length, end: sql.length + text.length, part });
    sql += text;
  }
  const misplaced = misplacedPiece(sql, pieces);
  if (misplaced) return fail({ ...placeAt(template.source, misplaced.part.offset), message: misplaced.problem });
  return ok({ sql, binds, sourceOffset: (offset) => sourceOffset(pieces, offset) });
}

function partText(
  part: SqlPart,
  context: RenderContext,
  binds: Record<string, Json>,
): string | { readonly problem: string } {
  switch (part.kind) {
    case 'text':
      return part.text;
    case 'this':
      return context.self ?? { problem: '`this` has no relation here' };
    case 'ref':
      return context.ref(part.asset) ?? { problem: `${part.asset} has no relation that this connection can read` };
    case 'bind': {
      if (context.bindsAllowed === false) {
        return { problem: 'a view cannot hold a value: use `materialized: table`, or `ref` and `this` only' };
      }
      const name = `branchline_${Object.keys(binds).length + 1}`;
      binds[name] = context.value(part.expression);
      return `$${name}`;
    }
  }
}

function misplacedPiece(
  sql: string,
  pieces: readonly Piece[],
): { readonly part: SqlPart; readonly problem: string } | undefined {
  const { tokens } = lexSql(sql);
  for (const { start, end, part } of pieces) {
    if (part.kind === 'text') continue;
    const touching = tokens.filter((token) => token.start < end && token.end > start);
    if (touching.every((token) => token.kind === 'comment')) continue;
    const whole = touching.every((token) => token.start >= start && token.end <= end);
    if (whole && (part.kind !== 'bind' || touching[0]?.kind === 'bind')) continue;
    const quoted = touching.some((token) => token.kind === 'string' || token.kind === 'identifier');
    return { part, problem: quoted ? INSIDE_QUOTES : GLUED };
  }
  return undefined;
}

const INSIDE_QUOTES =
  'an expression inside of quotes would be plain text: leave the quotes out, it arrives as a value or a quoted name';
const GLUED = 'an expression arrives as a value of its own: it cannot be part of a word or number';

function sourceOffset(pieces: readonly Piece[], offset: number): number {
  const piece = pieces.findLast((candidate) => candidate.start <= offset) ?? pieces[0];
  if (!piece) return 0;
  const within = offset - piece.start;
  if (piece.part.kind === 'text') return piece.part.offset + Math.min(within, piece.part.text.length);
  // Inside of what an expression became, the expression as a whole is the place.
  return offset < piece.end ? piece.part.offset : piece.part.offset + piece.part.length;
}

/** A template of plain text without expressions. */
export function plainSql(text: string): SqlTemplate {
  return { source: text, parts: [{ kind: 'text', text, offset: 0 }] };
}
