import { parseSync } from 'rolldown/utils';

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

/** Codes of failures that a source file names, and the expressions whose value is a code that it does not spell out. */
export interface CodesOfFile {
  readonly codes: readonly string[];
  readonly computed: readonly string[];
}

/**
 * Every code of a failure in TypeScript: the first argument of `inputFailure` and `outsideFailure`, and `code` beside
 * `class` in an object, which is what a step fails with.
 */
export function failureCodes(file: string, text: string): CodesOfFile {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const codes = new Set<string>();
  const computed = new Set<string>();
  const take = (node: Node): void => {
    if (node.type === 'Literal' && typeof node['value'] === 'string') codes.add(node['value']);
    else if (node.type === 'ConditionalExpression') {
      take(node['consequent'] as Node);
      take(node['alternate'] as Node);
    } else computed.add(text.slice(node.start, node.end));
  };
  const visit = (node: Node): void => {
    const code = codeOf(node);
    if (code) take(code);
    for (const child of Object.values(node).flat())
      if (typeof child === 'object' && child !== null && 'type' in child) visit(child as Node);
  };
  visit(program as unknown as Node);
  return { codes: [...codes], computed: [...computed] };
}

function codeOf(node: Node): Node | undefined {
  if (node.type === 'CallExpression') {
    const { name } = node['callee'] as { readonly name?: string };
    return name === 'inputFailure' || name === 'outsideFailure' ? (node['arguments'] as Node[])[0] : undefined;
  }
  if (node.type !== 'ObjectExpression') return undefined;
  const properties = (node['properties'] as Node[]).filter(({ type }) => type === 'Property');
  const named = (name: string): Node | undefined =>
    properties.find((property) => (property['key'] as { readonly name?: string }).name === name);
  const code = named('code');
  return named('class') && code ? (code['value'] as Node) : undefined;
}
