import { COLLECTION_STYLE, EVENT_ID, type Event, getScalarValue, SCALAR_STYLE } from 'js-yaml';
import type { Range } from './line-index.ts';

/** What stands where in a YAML document. */
export interface YamlNode extends Range {
  readonly kind: 'scalar' | 'mapping' | 'sequence' | 'alias';
  /** Of a mapping: the last entry wins, as in the value. */
  readonly entries?: ReadonlyMap<string, { readonly key: Range; readonly value: YamlNode }>;
  readonly items?: readonly YamlNode[];
  /** Of an alias: what it stands for. */
  readonly target?: YamlNode;
  /** Nodes in it and below it, those behind aliases counted each time. */
  readonly weight: number;
}

/** Something that YAML allows and a manifest does not, or that makes the value ambiguous. */
export type StructureProblem = Range &
  (
    | { readonly kind: 'duplicate'; readonly key: string; readonly first: Range }
    | { readonly kind: 'tag' | 'unknown-alias' | 'circular'; readonly text: string }
    | { readonly kind: 'nested-on-line'; readonly text: string }
    | { readonly kind: 'complex-key' | 'forbidden-key' | 'second-document' | 'too-many-aliases' | 'directive' }
  );

export interface NodeTree {
  readonly root: YamlNode | undefined;
  readonly problems: readonly StructureProblem[];
}

// An alias shares its value; yet whoever walks the value meets it each time, and aliases of aliases multiply.
const aliasCountMax = 100;
const repeatedNodesMax = 10_000;

interface Open {
  readonly node: {
    kind: 'mapping' | 'sequence';
    start: number;
    end: number;
    entries?: Map<string, { key: Range; value: YamlNode }>;
    items?: YamlNode[];
    weight: number;
  };
  readonly isFlow: boolean;
  readonly anchor: string | undefined;
  key?: { readonly text: string; readonly range: Range };
}

/** Builds the tree from the parser's events: linear, without recursion, so that no file is too deep for it. */
export function buildNodeTree(text: string, events: readonly Event[]): NodeTree {
  const builder = new TreeBuilder(text);
  for (const event of events) builder.take(event);
  return { root: builder.root, problems: builder.problems };
}

class TreeBuilder {
  root: YamlNode | undefined;
  readonly problems: StructureProblem[] = [];
  readonly #text: string;
  readonly #open: Open[] = [];
  readonly #anchors = new Map<string, YamlNode>();
  #documents = 0;
  #isSecondFound = false;
  #aliases = 0;
  #repeated = 0;
  #isExpanded = false;

  constructor(text: string) {
    this.#text = text;
  }

  take(event: Event): void {
    switch (event.type) {
      case EVENT_ID.DOCUMENT:
        this.#documents += 1;
        if (event.directives.length > 0) {
          const start = Math.max(0, this.#text.search(/^%/m));
          this.problems.push({ kind: 'directive', start, end: lineEnd(this.#text, start) });
        }
        return;
      case EVENT_ID.POP:
        this.#close();
        return;
      case EVENT_ID.ALIAS:
        this.#alias(this.#text.slice(event.anchorStart, event.anchorEnd), {
          start: event.anchorStart - 1,
          end: event.anchorEnd,
        });
        return;
      case EVENT_ID.SCALAR: {
        this.#tag(event);
        const range = scalarRange(this.#text, event);
        const parent = this.#open.at(-1);
        const isKey = parent?.node.entries !== undefined && !parent.key;
        this.#add(
          { kind: 'scalar', ...range, weight: 1 },
          isKey ? getScalarValue(this.#text, event) : undefined,
          this.#anchor(event),
        );
        return;
      }
      case EVENT_ID.MAPPING:
      case EVENT_ID.SEQUENCE: {
        this.#tag(event);
        const isMapping = event.type === EVENT_ID.MAPPING;
        const node: Open['node'] = isMapping
          ? { kind: 'mapping', start: event.start, end: event.start + 1, entries: new Map(), weight: 1 }
          : { kind: 'sequence', start: event.start, end: event.start + 1, items: [], weight: 1 };
        const isFlow = event.style === COLLECTION_STYLE.FLOW;
        if (!isFlow) this.#mustBeginOnLineOfItsOwn(event.start);
        this.#open.push({ node, isFlow, anchor: this.#anchor(event) });
        return;
      }
    }
  }

  /** `a: !t b: 1` is no YAML, since `a: b: 1` is none; parsers that let it pass differ in what the next lines belong to. */
  #mustBeginOnLineOfItsOwn(start: number): void {
    const parent = this.#open.at(-1);
    if (!parent?.key || parent.isFlow || /[\r\n]/.test(this.#text.slice(parent.key.range.end, start))) return;
    const { range } = parent.key;
    if (this.problems.some((problem) => problem.kind === 'tag' && problem.start > range.start)) return;
    const end = lineEnd(this.#text, start);
    this.problems.push({ kind: 'nested-on-line', text: this.#text.slice(start, end).trimEnd(), start, end });
  }

  #anchor(event: { anchorStart: number; anchorEnd: number }): string | undefined {
    return event.anchorStart < 0 ? undefined : this.#text.slice(event.anchorStart, event.anchorEnd);
  }

  #tag(event: { tagStart: number; tagEnd: number }): void {
    if (event.tagStart < 0) return;
    const last = this.problems.at(-1);
    // The place is told already.
    if (last?.kind === 'nested-on-line' && event.tagStart < last.end) return;
    const text = this.#text.slice(event.tagStart, event.tagEnd);
    if (!/^!!(str|int|float|bool|null|map|seq)$/.test(text)) {
      this.problems.push({ kind: 'tag', text, start: event.tagStart, end: event.tagEnd });
    }
  }

  #alias(name: string, range: Range): void {
    this.#aliases += 1;
    const target = this.#anchors.get(name);
    const weight = target?.weight ?? 1;
    this.#repeated += weight;
    if (!this.#isExpanded && (this.#aliases > aliasCountMax || this.#repeated > repeatedNodesMax)) {
      this.#isExpanded = true;
      this.problems.push({ kind: 'too-many-aliases', ...range });
    }
    if (!target) {
      const isCircular = this.#open.some((open) => open.anchor === name);
      this.problems.push({ kind: isCircular ? 'circular' : 'unknown-alias', text: name, ...range });
    }
    this.#add({ kind: 'alias', ...range, weight, ...(target ? { target } : {}) }, undefined, undefined);
  }

  #close(): void {
    const open = this.#open.pop();
    if (!open) return;
    // The event of an end carries no place; a flow collection ends at the bracket after its last item.
    if (open.isFlow) {
      const isMapping = open.node.kind === 'mapping';
      const rest = /^(?:[\s,]|#.*)*/.exec(this.#text.slice(open.node.end))![0].length;
      if (this.#text[open.node.end + rest] === (isMapping ? '}' : ']')) open.node.end += rest + 1;
    }
    this.#add(open.node, undefined, open.anchor);
  }

  /** Puts a finished node where it belongs: it is a key, a value, an item or the whole document. */
  #add(node: YamlNode, text: string | undefined, anchor: string | undefined): void {
    if (anchor !== undefined) this.#anchors.set(anchor, node);
    const parent = this.#open.at(-1);
    if (!parent) {
      if (this.#documents > 1 && !this.#isSecondFound) {
        this.#isSecondFound = true;
        this.problems.push({ kind: 'second-document', start: node.start, end: node.end });
      }
      this.root ??= node;
      return;
    }
    parent.node.end = Math.max(parent.node.end, node.end);
    parent.node.weight += node.weight;
    if (parent.node.items) {
      parent.node.items.push(node);
    } else if (!parent.key) {
      this.#addKey(parent, node, text);
    } else {
      parent.node.entries!.set(parent.key.text, { key: parent.key.range, value: node });
      parent.key = undefined;
    }
  }

  #addKey(parent: Open, node: YamlNode, text: string | undefined): void {
    const isEmpty = node.start < 0;
    const range = isEmpty
      ? { start: parent.node.start, end: parent.node.start + 1 }
      : { start: node.start, end: node.end };
    if (text === undefined || isEmpty) this.problems.push({ kind: 'complex-key', ...range });
    if (text === '__proto__') this.problems.push({ kind: 'forbidden-key', ...range });
    const key = text ?? `\u0000${node.start}`;
    const first = parent.node.entries!.get(key);
    if (first) this.problems.push({ kind: 'duplicate', key, first: first.key, ...range });
    parent.key = { text: key, range };
  }
}

function lineEnd(text: string, start: number): number {
  const end = text.slice(start).search(/[\r\n]/);
  return end < 0 ? text.length : start + end;
}

/** Quotes belong to a quoted scalar's place; a block scalar begins at its first text, behind the indentation. */
function scalarRange(text: string, event: Extract<Event, { type: typeof EVENT_ID.SCALAR }>): Range {
  const { valueStart, valueEnd, style, indent } = event;
  // Nothing is written: its place is its key's, or the list's.
  if (valueStart < 0) return { start: -1, end: -1 };
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) {
    return { start: valueStart - 1, end: valueEnd + 1 };
  }
  const isBlock = style === SCALAR_STYLE.LITERAL_BLOCK || style === SCALAR_STYLE.FOLDED_BLOCK;
  const isIndented =
    isBlock && text.slice(valueStart, valueStart + indent).trim() === '' && valueStart + indent < valueEnd;
  return {
    start: isIndented && !/[\r\n]/.test(text.slice(valueStart, valueStart + indent)) ? valueStart + indent : valueStart,
    end: valueEnd,
  };
}
