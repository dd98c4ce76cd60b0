import type { HealthReason } from '../../insights/health.ts';
import type { Exposure } from '../../model/project.ts';
import { formatInstant } from '../../time/format.ts';
import { consequencePhrase, type ReasonContext, reasonPhrase, rowOfFailures } from '../health-text.ts';
import { blocks, code, fence, folded, join, link, type Markdown, own, text } from '../markdown.ts';
import { phraseMarkdown } from '../phrase.ts';
import { formatCount } from '../style.ts';
import { type AssetFacts, downstreamOf, exposuresReached, keepsPublished, type ReportInput } from './facts.ts';
import { assetPath, hrefOf } from './paths.ts';

const TAIL_LINES_MAX = 14;
const TAIL_CHARS_MAX = 1500;
const NAMES_MAX = 5;

export function reasonContext(input: ReportInput, facts: AssetFacts): ReasonContext {
  const materialized = facts.record?.materialized;
  const cure = input.standing.cures.get(facts.asset.key);
  return {
    ...(materialized ? { materialized } : {}),
    keepsPublished: keepsPublished(input.project, facts.asset),
    hasReaders: downstreamOf(input.project, facts.asset.key).length > 0,
    isCut: facts.asset.partitions !== undefined,
    ...(cure === undefined ? {} : { cure }),
    isGone: facts.record?.lost !== undefined && facts.asset.partitions === undefined,
  };
}

/** What is wrong with an asset, what it means, and where to go on: one block; `tail` adds the last lines, folded. */
export function attention(input: ReportInput, page: string, facts: AssetFacts, tail: boolean): Markdown {
  const { asset, health } = facts;
  const context = reasonContext(input, facts);
  const isOwnPage = page === assetPath(asset.key);
  const name = isOwnPage ? own('It') : own(`**${link(text(asset.key, 100), hrefOf(page, assetPath(asset.key)))}**`);
  const bad = health.reasons.filter(({ kind }) => kind !== 'never_materialized' && kind !== 'external');
  const sentences = bad.slice(0, 3).map((reason, i) => {
    const consequence = consequencePhrase(reason, context);
    const subject = i === 0 ? name : own('It');
    const more = consequence === undefined ? '' : ` ${phraseMarkdown(consequence)}`;
    return own(`${subject} ${phraseMarkdown(reasonPhrase(reason, context))}.${more}`);
  });
  if (bad.length > 3) sentences.push(own(`And ${bad.length - 3} more${isOwnPage ? '' : ', on its page'}.`));
  const first = bad[0];
  const where = join(first ? whereToLook(input, facts, first, isOwnPage) : [], ' · ');
  const lines = tail && first ? lastLines(first) : undefined;
  return blocks([own(`${join(sentences, ' ')}${where === '' ? '' : `<br>\n→ ${where}`}`), lines]);
}

function whereToLook(
  input: ReportInput,
  { asset, record }: AssetFacts,
  reason: HealthReason,
  isOwnPage: boolean,
): Markdown[] {
  const parts: Markdown[] = [];
  if (reason.kind === 'materialization_failed') {
    parts.push(own(`run ${code(reason.run)} of ${formatInstant(reason.at)}`));
  }
  const row = rowOfFailures(reason);
  if (row !== undefined) parts.push(own(row));
  const run = input.view.endedRuns.get(record?.attempt?.run ?? '');
  const commit = run?.codeCommit ?? input.codeCommit;
  const changes = run?.uncommitted === undefined ? '' : ' with uncommitted changes';
  if (commit !== undefined && reason.kind === 'materialization_failed')
    parts.push(own(`code ${commitLink(input, commit)}${changes}`));
  // Its own page says the rest in its definition.
  if (isOwnPage) return parts;
  parts.push(own(`defined in ${sourceLink(input, asset.definedAt.file, asset.definedAt.line)}`));
  if (asset.owners.length > 0) parts.push(own(`owner ${someNames(asset.owners)}`));
  const readers = downstreamOf(input.project, asset.key);
  if (readers.length > 0) parts.push(own(`read by ${someNames(readers)}`));
  const exposed = exposuresReached(input.project, asset.key);
  if (exposed.length > 0) parts.push(own(`feeds ${exposureNames(exposed)}`));
  return parts;
}

/** Names in the font of code: `a`, `b` and 3 more. */
export function someNames(names: readonly string[], most = NAMES_MAX): Markdown {
  const shown = join(
    names.slice(0, most).map((name) => code(name, 60)),
    ', ',
  );
  return names.length > most ? own(`${shown} and ${formatCount(names.length - most)} more`) : shown;
}

/** Exposures by name, each with whom to talk to: `board` (`@acme/finance`) and 2 more. */
export function exposureNames(exposures: readonly Exposure[], most = NAMES_MAX): Markdown {
  const shown = exposures.slice(0, most).map(({ name, owner, url }) => {
    const label = url === undefined ? code(name, 60) : link(code(name, 60), url);
    return owner === undefined ? label : own(`${label} (${code(owner, 60)})`);
  });
  const more = exposures.length > most ? ` and ${formatCount(exposures.length - most)} more` : '';
  return own(`${join(shown, ', ')}${more}`);
}

/** The last lines of a failed step's output, folded; undefined when there are none. */
export function lastLines(reason: HealthReason): Markdown | undefined {
  const tail = reason.kind === 'materialization_failed' ? reason.failure?.logTail?.trimEnd() : undefined;
  if (tail === undefined || tail === '') return undefined;
  const lines = tail.split('\n').slice(-TAIL_LINES_MAX).join('\n').slice(-TAIL_CHARS_MAX);
  return folded('Last lines', fence(lines));
}

/** The first seven digits of a commit, linked when the repository's address is known. */
export function commitLink(input: Pick<ReportInput, 'repository'>, commit: string): Markdown {
  const short = code(commit.slice(0, 7));
  return input.repository === undefined
    ? short
    : link(short, `${input.repository}/commit/${encodeURIComponent(commit)}`);
}

/** `pipelines/a.yaml:14`, linked to that line of the commit when the repository's address is known. */
export function sourceLink(input: ReportInput, file: string, line?: number): Markdown {
  const label = code(line === undefined ? file : `${file}:${line}`);
  if (input.repository === undefined || input.codeCommit === undefined) return label;
  const path = file.split('/').map(encodeURIComponent).join('/');
  const anchor = line === undefined ? '' : `#L${line}`;
  return link(label, `${input.repository}/blob/${encodeURIComponent(input.codeCommit)}/${path}${anchor}`);
}
