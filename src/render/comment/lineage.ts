import type { Lineage } from '../../model/pull-request-plan.ts';
import { type Markdown, own } from '../markdown.ts';
import { formatCount } from '../style.ts';

/** Assets that are drawn one by one; more are drawn by the first part of their keys. */
const DRAWN_MAX = 40;

type Mark = Lineage['assets'][number]['mark'];
const MARK_WORDS: Readonly<Record<Mark, string>> = {
  new: 'new',
  changed: 'changed',
  removed: 'removed',
  downstream: 'downstream',
  upstream: '',
};
/** Words say it all; lines tell them apart once more, in light and dark. */
const STYLES: readonly string[] = [
  'classDef new stroke-width:3px',
  'classDef changed stroke-width:3px',
  'classDef removed stroke-dasharray:2 4',
  'classDef downstream stroke-dasharray:6 3',
  'classDef upstream stroke-width:1px',
];

/** The changed part of the lineage as a Mermaid drawing; undefined when there is no line to draw, or too much. */
export function lineageDrawing(lineage: Lineage): Markdown | undefined {
  if (lineage.edges.length === 0) return undefined;
  const groups = lineage.assets.length <= DRAWN_MAX ? oneByOne(lineage) : byPrefix(lineage);
  if (groups.length > DRAWN_MAX) return undefined;
  const idOf = new Map(groups.flatMap(({ assets }, i) => assets.map((asset) => [asset, `n${i}`] as const)));
  const lines = groups.map(({ label, mark }, i) => {
    const words = MARK_WORDS[mark];
    return `  n${i}["${mermaidText(label)}${words === '' ? '' : `<br>${words}`}"]:::${mark}`;
  });
  const edges = new Set(
    lineage.edges.flatMap(([from, to]) => {
      const [a, b] = [idOf.get(from), idOf.get(to)];
      return a === undefined || b === undefined || a === b ? [] : [`  ${a} --> ${b}`];
    }),
  );
  const drawing = ['flowchart LR', ...lines, ...edges, ...STYLES.map((style) => `  ${style}`)];
  return own(`\`\`\`mermaid\n${drawing.join('\n')}\n\`\`\``);
}

interface Group {
  readonly label: string;
  readonly mark: Mark;
  readonly assets: readonly string[];
}

function oneByOne({ assets }: Lineage): readonly Group[] {
  return assets.map(({ asset, mark }) => ({ label: asset, mark, assets: [asset] }));
}

/** `marts/… 12 assets`, apart by what became of them. */
function byPrefix({ assets }: Lineage): readonly Group[] {
  const groups = new Map<string, { prefix: string; mark: Mark; assets: string[] }>();
  for (const { asset, mark } of assets) {
    const prefix = asset.includes('/') ? `${asset.slice(0, asset.indexOf('/'))}/` : '';
    const id = `${mark} ${prefix}`;
    const group = groups.get(id) ?? { prefix, mark, assets: [] };
    group.assets.push(asset);
    groups.set(id, group);
  }
  return [...groups.values()].map(({ prefix, mark, assets: keys }) => ({
    label: keys.length === 1 ? keys[0]! : `${prefix}… ${formatCount(keys.length)} assets`,
    mark,
    assets: keys,
  }));
}

/** Only what keys are made of: a quote, a bracket or a line end would be read as drawing. */
function mermaidText(label: string): string {
  const safe = label.replace(/[^A-Za-z0-9_./… -]/g, '·');
  return safe.length > 80 ? `${safe.slice(0, 79)}…` : safe;
}
