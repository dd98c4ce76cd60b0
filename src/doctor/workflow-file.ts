import { isMap, isNode, isScalar, isSeq, LineCounter, type Node, type ParsedNode, parseDocument } from 'yaml';
import { fail, ok, type Result } from '../base/result.ts';
import type { Span } from '../model/diagnostic.ts';
import type { Finding } from './finding.ts';

/** Names and positions from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** A workflow as it is written, with places. */
export interface WorkflowText {
  /** From the top of the repository. */
  readonly path: string;
  readonly value: Readonly<Record<string, unknown>>;
  /** The place of a value, or of the key that names it; the nearest thing that is there when it is not. */
  place(path: Path, what?: 'key' | 'value'): Span;
  /** What is written behind a value on its line: ` # v1.0.0`. */
  commentAt(path: Path): string;
}

/** Reads a workflow; what YAML itself refuses is one finding. */
export function readWorkflow(path: string, text: string): Result<WorkflowText, Finding> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' });
  const spanOf = (start: number, end: number): Span => {
    const { line, col } = lines.linePos(start);
    const lineEnd = text.indexOf('\n', start);
    const until = Math.min(end, lineEnd < 0 ? text.length : lineEnd);
    return { file: path, line, column: col, length: Math.max(1, until - start) };
  };
  const [error] = document.errors;
  if (error) return fail(syntax(spanOf(...error.pos), `This is not YAML: ${error.message}`));
  const value: unknown = document.toJS({ maxAliasCount: 100 });
  if (!isRecord(value)) return fail(syntax(spanOf(0, 1), 'This is no workflow: it has no `on:` and no `jobs:`'));
  const rangeOf = (at: Path, what: 'key' | 'value'): readonly [number, number] => {
    const parent = nodeAt(document.contents, at.slice(0, -1));
    const last = at.at(-1);
    if (parent && isMap(parent)) {
      const pair = parent.items.find(({ key }) => isScalar(key) && key.value === last);
      const node = pair && (what === 'key' || !isPlaced(pair.value) ? pair.key : pair.value);
      if (isPlaced(node)) return [node.range[0], node.range[1]];
    }
    if (parent && isSeq(parent)) {
      const item = parent.items[Number(last)];
      if (isPlaced(item)) return [item.range[0], item.range[1]];
    }
    return at.length > 1 ? rangeOf(at.slice(0, -1), 'key') : [0, 1];
  };
  return ok({
    path,
    value,
    place: (at, what = 'value') => spanOf(...rangeOf(at, what)),
    commentAt(at) {
      const end = rangeOf(at, 'value')[1];
      const rest = text.slice(end);
      return rest.slice(0, Math.max(0, rest.search(/\r?\n|$/)));
    },
  });
}

function syntax(span: Span, message: string): Finding {
  return {
    code: 'workflow-syntax',
    severity: 'error',
    message,
    help: 'GitHub does not start a workflow that it cannot read; look at the indentation and the quotes',
    span,
  };
}

type Placed = Node & { readonly range: readonly [number, number, number] };

function isPlaced(node: unknown): node is Placed {
  return isNode(node) && Array.isArray((node as ParsedNode).range);
}

function nodeAt(root: unknown, at: Path): unknown {
  let node = root;
  for (const step of at) {
    if (isMap(node)) node = node.items.find(({ key }) => isScalar(key) && key.value === step)?.value;
    else if (isSeq(node)) node = node.items[Number(step)];
    else return undefined;
  }
  return node;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
