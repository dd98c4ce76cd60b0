import { constructFromEvents, EVENT_ID, type Event, parseEvents } from 'js-yaml';
import type { KeptValues } from '../base/kept-values.ts';
import { buildNodeTree, type NodeTree } from './node-tree.ts';

export interface PlainYaml {
  /** `null` for an empty file. */
  readonly value: unknown;
  /** Built when first asked for. */
  readonly tree: () => NodeTree;
}

// Deeper than any manifest, and far from the end of the stack for whatever walks the value later.
export const nestingMax = 64;

// What only the tree can judge: directives, tags that resolve to something else, a key that JavaScript treats apart, keys
// that are nothing at all, and a mapping behind a tag or an anchor on the line of its key.
const needsTree = /^%|!!|__proto__|(?:^|[\s[{,])[?:](?:\s|$)|:[ \t]+[!&]\S*[ \t]+[^\s#]/m;

// Parsers disagree whether an indented `---` before anything else is a marker or text.
export const indentedMarker = /^\uFEFF?(?:[^\S\n]*(?:#.*)?\n)*[^\S\n]+---(?=\s|$)/;

// Of directives, the parser's events hold only those that it knows; any other would pass as if it were not there.
export const directiveLine = /^\uFEFF?(?:[^\S\n]*(?:#.*)?\n)*(?=%)/;

/** As `readPlainYaml`; of a text that was read before without reading it, unless a place in it is asked for. */
export function readKeptYaml(text: string, kept: KeptValues): PlainYaml | undefined {
  const value = kept.read(text);
  if (value !== undefined) return { value, tree: once(() => readPlainYaml(text)!.tree()) };
  const plain = readPlainYaml(text);
  if (plain) kept.keep(text, plain.value);
  return plain;
}

/** One document without aliases, tags and doubts, in one pass over the text; undefined for any other text. */
export function readPlainYaml(text: string): PlainYaml | undefined {
  if (indentedMarker.test(text) || directiveLine.test(text) || needsTree.test(text)) return undefined;
  try {
    const events = parseEvents(text, { maxDepth: nestingMax });
    if (events.some((event) => event.type === EVENT_ID.ALIAS)) return undefined;
    const documents = constructFromEvents(events, { source: text });
    return documents.length > 1 ? undefined : { value: documents[0] ?? null, tree: treeOf(text, events) };
  } catch {
    // Reading with care says what it was, with every place that belongs to it.
    return undefined;
  }
}

/** Places are worked out from the events of the parser, once. */
export function treeOf(text: string, events: readonly Event[]): () => NodeTree {
  return once(() => buildNodeTree(text, events));
}

/** A report asks for a place of each of ten thousand assets: to work the tree out for each would take the square of it. */
function once(build: () => NodeTree): () => NodeTree {
  let built: NodeTree | undefined;
  return () => {
    built ??= build();
    return built;
  };
}
