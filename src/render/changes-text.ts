import type { AssetChange, ChangeReason, ProjectChanges, ReasonedChange, ValueChange } from '../model/changes.ts';
import { columns, count, nameSome, paint, type Style, safeLine } from './style.ts';

/** What a comparison is with. */
export interface ComparedWith {
  readonly commit: string;
  /** `origin/main`: the commit is where both parted. */
  readonly ref: string;
  /** Errors in the base's manifests. */
  readonly problems: number;
  /** The base has no project. */
  readonly isFirst: boolean;
}

/** Each reason in words. */
export const REASON_WORDS: Readonly<Record<ChangeReason, string>> = {
  new: 'new',
  removed: 'removed',
  code_version: 'code',
  dependencies: 'dependencies',
  tags: 'tags',
  metadata: 'metadata',
  checks: 'checks',
  partitions_definition: 'partitions',
  policy: 'policy',
  owners: 'owners',
};

/** Changes for a terminal, verdict first. */
export function renderChanges(changes: ProjectChanges, base: ComparedWith, style: Style): string {
  const lines = [headline(changes, base)];
  if (base.problems > 0) {
    lines.push(
      `The merge base has ${count(base.problems, 'problem')} in its manifests: what could not be read there counts as new.`,
    );
  }
  const rows = changes.assets.flatMap((asset) => assetRows(asset, style));
  const downstream = changes.downstream.map(({ asset, reads }) => [
    `  ${safeLine(asset)}`,
    'downstream',
    `reads ${nameSome(
      reads.map((key) => safeLine(key)),
      3,
    )}`,
  ]);
  // Laid out together, so that both tables have the same columns.
  const table = columns([...rows, ...downstream]);
  for (const part of [table.slice(0, rows.length), table.slice(rows.length)]) {
    if (part.length > 0) lines.push('', ...part);
  }
  if (changes.project.length > 0) {
    lines.push('', 'Settings of the project:');
    lines.push(...columns(changes.project.map((value) => [`  ${safeLine(value.what)}`, valueText(value, style)])));
  }
  return `${lines.join('\n')}\n`;
}

function headline({ assets, downstream, project }: ProjectChanges, { commit, ref, isFirst }: ComparedWith): string {
  const against = isFirst
    ? `There is no project at the merge base with ${safeLine(ref)} (${commit.slice(0, 7)}): everything is new`
    : `Against the merge base with ${safeLine(ref)} (${commit.slice(0, 7)})`;
  if (assets.length === 0 && project.length === 0) return `${against}: nothing of the pipeline changed.`;
  return `${against}: ${changesPhrase(assets.length, downstream.length)}.`;
}

/** `changes 2 assets, touches 3 more`. */
export function changesPhrase(assets: number, downstream: number): string {
  if (assets === 0) return 'changes no asset, but settings of the project';
  return `changes ${count(assets, 'asset')}${downstream > 0 ? `, touches ${downstream} more` : ''}`;
}

function assetRows(asset: AssetChange, style: Style): string[][] {
  return asset.reasons.flatMap((reasoned, i) => {
    const name = i === 0 ? `  ${safeLine(asset.asset)}` : '';
    const word = REASON_WORDS[reasoned.reason];
    const values = reasoned.values.map((value) => valueText(value, style));
    const texts = values.length > 0 ? values : [wholeText(asset, reasoned)];
    return texts.map((text, j) => [j === 0 ? name : '', j === 0 ? word : '', text]);
  });
}

/** What a new or removed asset is. */
function wholeText(asset: AssetChange, { reason }: ReasonedChange): string {
  const hint =
    asset.renamedFrom !== undefined
      ? `; the same code as ${safeLine(asset.renamedFrom)}, which is gone: renamed?`
      : asset.renamedTo !== undefined
        ? `; ${safeLine(asset.renamedTo)} has the same code: renamed?`
        : '';
  return `${reason === 'removed' ? 'was ' : ''}${describeAsset(asset)}${hint}`;
}

const MADE_BY: Readonly<Record<AssetChange['madeBy'], string>> = {
  sql: 'SQL',
  run: 'a script',
  multi_asset: 'part of a multi-asset',
  external: 'made by others',
};

/** `SQL, 2 checks`. */
export function describeAsset({ madeBy, checks }: AssetChange): string {
  return checks === 0 ? MADE_BY[madeBy] : `${MADE_BY[madeBy]}, ${count(checks, 'check')}`;
}

function valueText({ what, kind, before, after, lines }: ValueChange, style: Style): string {
  const arrow = style.unicode ? '→' : '->';
  const minus = style.unicode ? '−' : '-';
  const sign = kind === 'added' ? '+ ' : kind === 'removed' ? '- ' : '';
  const name = `${sign}${safeLine(what)}`;
  const counts = lines === undefined ? '' : ` ${paint(style, 'dim', `+${lines.added} ${minus}${lines.removed}`)}`;
  if (before === undefined && after === undefined) return `${name}${counts}`;
  const values =
    kind === 'changed'
      ? `${safeLine(before ?? '')} ${arrow} ${safeLine(after ?? '')}`
      : safeLine(after ?? before ?? '');
  return `${name}: ${values}${counts}`;
}
