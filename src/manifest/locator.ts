import type { ManifestDocument, Pointer } from './document.ts';
import type { LineIndex, Range } from './line-index.ts';
import type { NodeTree, YamlNode } from './node-tree.ts';

/** Finds places of a file: `tree` is built when the first is asked for. */
export function locator(lines: LineIndex, tree: () => NodeTree): ManifestDocument['locate'] {
  return (pointer, what = 'value') => lines.span(...rangeOf(tree().root, pointer, what));
}

/** A pointer that leads nowhere gives the nearest thing on the way that is there. */
function rangeOf(root: YamlNode | undefined, pointer: Pointer, what: 'key' | 'value'): [number, number] {
  if (!root) return [0, 1];
  let node: YamlNode = root;
  let key: Range = { start: root.start, end: root.start + 1 };
  for (const part of pointer) {
    const inside: YamlNode = node.target ?? node;
    const entry = inside.entries?.get(String(part));
    const item = inside.items?.[Number(part)];
    if (entry) {
      key = entry.key;
      node = entry.value;
    } else if (item) {
      key = item.start < 0 ? node : item;
      node = item;
    } else {
      break;
    }
  }
  const range = what === 'key' || node.start < 0 ? key : node;
  return [range.start, range.end];
}
