import { constructFromEvents, type Event, parseEvents } from 'js-yaml';
import type { NodeTree, StructureProblem } from './node-tree.ts';
import { directiveLine, indentedMarker, nestingMax, readPlainYaml, treeOf } from './plain-yaml.ts';
import { explainSyntax, type YamlProblem } from './syntax.ts';

export interface YamlText {
  /** Undefined when the text could not be read at all. `null` for an empty file. */
  readonly value: unknown;
  readonly problems: readonly YamlProblem[];
  /** Built when first asked for. */
  readonly tree: () => NodeTree;
}

function refused(problem: YamlProblem): YamlText {
  return { value: undefined, problems: [problem], tree: () => ({ root: undefined, problems: [] }) };
}

function misplacedMarker(before: string): YamlProblem {
  return {
    code: 'yaml-syntax',
    message: '`---` must stand at the beginning of its line',
    help: 'remove it; a manifest needs none',
    start: before.length - 3,
    end: before.length,
  };
}

/**
 * Reads one YAML 1.2 document (core schema). Never throws: what the parser refuses comes back as problems with a place.
 * Nearly every text is plain, which costs one pass; the rest is read again with care.
 */
export function readYaml(text: string): YamlText {
  const plain = readPlainYaml(text);
  if (plain) return { ...plain, problems: [] };
  const marker = indentedMarker.exec(text);
  if (marker) return refused(misplacedMarker(marker[0]));
  const start = directiveLine.exec(text)?.[0].length;
  if (start !== undefined)
    return refused(describe({ kind: 'directive', start, end: start + /^[^\r\n]*/.exec(text.slice(start))![0].length }));
  let events: readonly Event[];
  try {
    events = parseEvents(text, { maxDepth: nestingMax });
  } catch (error) {
    return refused(explainSyntax(text, error));
  }
  const tree = treeOf(text, events);
  return { ...carefulValue(text, events, tree()), tree };
}

/** The value as far as it is without doubt; of keys that are there twice the last counts, so that the rest is judged. */
function carefulValue(
  text: string,
  events: readonly Event[],
  tree: NodeTree,
): { value: unknown; problems: YamlProblem[] } {
  const problems = distinct(tree.problems.map(describe));
  if (tree.problems.some((problem) => problem.kind !== 'duplicate')) return { value: undefined, problems };
  try {
    const documents = constructFromEvents(events as Event[], { source: text, json: true });
    return { value: documents[0] ?? null, problems };
  } catch (error) {
    return { value: undefined, problems: problems.length > 0 ? problems : [explainSyntax(text, error)] };
  }
}

/** Keys that are nothing stand where their mapping stands: nested ones would say the same of the same place. */
function distinct(problems: readonly YamlProblem[]): YamlProblem[] {
  return [...new Map(problems.map((problem) => [`${problem.start} ${problem.message}`, problem])).values()];
}

function describe(problem: StructureProblem): YamlProblem {
  const { start, end } = problem;
  const feature = (message: string, help: string): YamlProblem => ({ code: 'yaml-feature', message, help, start, end });
  switch (problem.kind) {
    case 'duplicate':
      return {
        code: 'duplicate-key',
        message: `\`${problem.key}\` is written twice in the same place`,
        help: 'merge the two, or remove one of them',
        related: { range: problem.first, note: 'first written here' },
        start,
        end,
      };
    case 'tag':
      return feature(
        `\`${problem.text}\` is read as a YAML tag, which manifests do not have`,
        `write it in quotes: \`"${problem.text}"\``,
      );
    case 'unknown-alias':
      return feature(
        `\`*${problem.text}\` is read as a YAML alias, and there is no anchor \`&${problem.text}\` before it`,
        `if it is text, write it in quotes: \`"*${problem.text}"\``,
      );
    case 'circular':
      return feature(`the alias \`*${problem.text}\` stands inside of what it stands for`, 'write the value out');
    case 'complex-key':
      return feature('a key must be plain text', 'is this an expression? Then write it in quotes: `"${{ … }}"`');
    case 'nested-on-line':
      return {
        code: 'yaml-syntax',
        message: 'a mapping or a list cannot begin on the line of its key',
        help: `write \`${problem.text}\` on the next line, indented; if it is text, put it in quotes`,
        start,
        end,
      };
    case 'forbidden-key':
      return feature('`__proto__` cannot be a key', 'choose another name');
    case 'second-document':
      return feature(
        'a manifest is one YAML document; another one begins here',
        'remove the line `---`, or move the rest into a file of its own',
      );
    case 'too-many-aliases':
      return feature('aliases repeat too much in this file', 'use `defaults` or a group for what many assets share');
    case 'directive':
      return feature('a manifest has no YAML directives', 'remove the line; manifests are always YAML 1.2');
  }
}
