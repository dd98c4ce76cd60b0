import { parseSync } from 'rolldown/utils';

/** What the tidy rules look at in one source file. */
export interface SourceFacts {
  /** Modules named by any import, export or `import()`, types included. */
  readonly imports: readonly string[];
  /** Those of them that are loaded before the file itself: static imports and exports of values. */
  readonly loads: readonly string[];
  /** Uses of the clock, of chance, of the surroundings, of waiting, as the code writes them. */
  readonly impurities: readonly string[];
  /** Names of exported types and interfaces. */
  readonly exportedTypes: readonly string[];
  readonly hasDefaultExport: boolean;
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Parses TypeScript and collects what the rules need. Throws on a syntax error, since no rule can be judged then. */
export function readSourceFacts(file: string, text: string): SourceFacts {
  const { program, errors } = parseSync(file, text);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found = {
    imports: [] as string[],
    loads: [] as string[],
    impurities: [] as string[],
    exportedTypes: [] as string[],
  };
  let hasDefaultExport = false;
  const visit = (node: Node): void => {
    const source = importedModule(node);
    if (source !== undefined) found.imports.push(source);
    if (source !== undefined && isLoaded(node)) found.loads.push(source);
    const impurity = impurityOf(node);
    if (impurity !== undefined) found.impurities.push(impurity);
    if (node.type === 'ExportDefaultDeclaration') hasDefaultExport = true;
    const name = exportedTypeName(node);
    if (name !== undefined) found.exportedTypes.push(name);
    for (const child of childrenOf(node)) visit(child);
  };
  visit(program as unknown as Node);
  return { ...found, hasDefaultExport };
}

function childrenOf(node: Node): Node[] {
  return Object.values(node)
    .flat()
    .filter((value): value is Node => typeof value === 'object' && value !== null && 'type' in value);
}

function importedModule(node: Node): string | undefined {
  switch (node.type) {
    case 'ImportDeclaration':
    case 'ExportNamedDeclaration':
    case 'ExportAllDeclaration':
    case 'ImportExpression':
    case 'TSImportType': {
      const source = node['source'] as Node | null | undefined;
      if (source?.type === 'Literal') return String(source['value']);
      // A computed `import()` hides what is imported; the rule must not be blind to it.
      return node.type === 'ImportExpression' ? '(computed)' : undefined;
    }
    default:
      return undefined;
  }
}

/** Types leave no trace in what is loaded, and `import()` comes later. */
function isLoaded(node: Node): boolean {
  if (node.type === 'ImportExpression' || node.type === 'TSImportType') return false;
  if (node['importKind'] === 'type' || node['exportKind'] === 'type') return false;
  const specifiers = (node['specifiers'] ?? []) as Node[];
  const isType = (each: Node): boolean => each['importKind'] === 'type' || each['exportKind'] === 'type';
  return specifiers.length === 0 || !specifiers.every(isType);
}

function impurityOf(node: Node): string | undefined {
  switch (node.type) {
    case 'AwaitExpression':
      return 'await';
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return node['async'] === true ? 'async' : undefined;
    case 'NewExpression':
      return nameOf(node['callee']) === 'Date' && (node['arguments'] as Node[]).length === 0 ? 'new Date()' : undefined;
    case 'CallExpression':
      return nameOf(node['callee']) === 'Date' ? 'Date()' : undefined;
    case 'MemberExpression':
      return impureMember(node);
    default:
      return undefined;
  }
}

function impureMember(node: Node): string | undefined {
  const object = nameOf(node['object']);
  if (object === undefined) return undefined;
  if (['process', 'console', 'performance', 'globalThis'].includes(object)) return object;
  const member = `${object}.${nameOf(node['property']) ?? ''}`;
  return ['Date.now', 'Math.random', 'crypto.randomUUID', 'Temporal.Now'].includes(member) ? member : undefined;
}

function exportedTypeName(node: Node): string | undefined {
  if (node.type !== 'ExportNamedDeclaration') return undefined;
  const declared = node['declaration'] as Node | null;
  if (declared?.type !== 'TSTypeAliasDeclaration' && declared?.type !== 'TSInterfaceDeclaration') return undefined;
  return nameOf(declared['id']);
}

function nameOf(node: unknown): string | undefined {
  const candidate = node as Node | null | undefined;
  return candidate?.type === 'Identifier' ? String(candidate['name']) : undefined;
}
