import type { Json } from '../base/json.ts';
import { fail, ok, type Result } from '../base/result.ts';
import type { AssetKey } from '../model/project.ts';
import { lexSql } from './lex.ts';
import { type Place, placeAt } from './place.ts';

/**
 * A piece of a user's SQL, as the project's room cuts it: text, and expressions with the offset of their `${{` in the
 * text as written (UTF-16 code units). Pieces follow each other without gaps, so texts need no offset.
 */
export type SqlPart =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'ref'; readonly asset: AssetKey; readonly offset: number }
  | { readonly kind: 'this'; readonly offset: number }
  /** Any other expression, evaluated by the caller. */
  | {
      readonly kind: 'bind';
      readonly value: Json;
      readonly offset: number;
      /** The type that the database is to take it for. */
      readonly cast?: 'timestamp';
    };

/** SQL text cut at its `${{ … }}`, and the text itself for places and excerpts. */
export interface SqlTemplate {
  readonly source: string;
  readonly parts: readonly SqlPart[];
}

export interface RenderContext {
  /** What `ref` yields, quoted already; undefined = no such relation here. */
  readonly ref: (asset: AssetKey) => string | undefined;
  /** What `this` yields, quoted already; undefined = the asset has none. */
  readonly self: string | undefined;
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

/** A part with its place in the rendered text (`start`, `end`) and in the source. */
interface Piece {
  readonly start: number;
  readonly end: number;
  readonly sourceStart: number;
  readonly sourceEnd: number;
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
  for (const [index, part] of template.parts.entries()) {
    const text = partText(part, context, binds);
    const sourceStart = startOf(template, index);
    if (typeof text !== 'string') return fail({ ...placeAt(template.source, sourceStart), message: text.problem });
    const sourceEnd = startOf(template, index + 1);
    pieces.push({ start: sql.length, end: sql.length + text.length, sourceStart, sourceEnd, part });
    sql += text;
  }
  const misplaced = misplacedPiece(sql, pieces);
  if (misplaced) {
    return fail({ ...placeAt(template.source, misplaced.piece.sourceStart), message: misplaced.problem });
  }
  return ok({ sql, binds, sourceOffset: (offset) => sourceOffset(pieces, offset) });
}

/** Where a part begins in the source: a text ends where the next part begins. */
function startOf({ source, parts }: SqlTemplate, index: number): number {
  const part = parts[index];
  if (!part) return source.length;
  if (part.kind !== 'text') return part.offset;
  return startOf({ source, parts }, index + 1) - part.text.length;
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
      binds[name] = part.value;
      return part.cast === undefined ? `$${name}` : `cast($${name} as ${part.cast})`;
    }
  }
}

function misplacedPiece(
  sql: string,
  pieces: readonly Piece[],
): { readonly piece: Piece; readonly problem: string } | undefined {
  const { tokens } = lexSql(sql);
  for (const piece of pieces) {
    const { start, end, part } = piece;
    if (part.kind === 'text') continue;
    const touching = tokens.filter((token) => token.start < end && token.end > start);
    if (touching.every((token) => token.kind === 'comment')) continue;
    const whole = touching.every((token) => token.start >= start && token.end <= end);
    if (whole && (part.kind !== 'bind' || part.cast !== undefined || touching[0]?.kind === 'bind')) continue;
    const quoted = touching.some((token) => token.kind === 'string' || token.kind === 'identifier');
    return { piece, problem: quoted ? INSIDE_QUOTES : GLUED };
  }
  return undefined;
}

const INSIDE_QUOTES =
  'an expression inside of quotes would be plain text: leave the quotes out, it arrives as a value or a quoted name';
const GLUED = 'an expression arrives as a value of its own: it cannot be part of a word or number';

function sourceOffset(pieces: readonly Piece[], offset: number): number {
  const piece = pieces.findLast((candidate) => candidate.start <= offset) ?? pieces[0];
  if (!piece) return 0;
  if (piece.part.kind === 'text') return Math.min(piece.sourceStart + offset - piece.start, piece.sourceEnd);
  // Inside of what an expression became, the expression as a whole is the place.
  return offset < piece.end ? piece.sourceStart : piece.sourceEnd;
}
