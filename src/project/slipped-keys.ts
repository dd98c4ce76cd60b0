import type { SourceTree } from '../ports.ts';
import { type Findings, type Place, spanInText } from './findings.ts';
import { textProblem } from './text-problem.ts';

/** Keys of assets and checks, as one of them may have slipped into the text above it. */
export const SLIPPING_KEYS: ReadonlySet<string> = new Set(
  (
    'description group owners tags kinds metadata columns run shell working-directory env secrets oidc connection code timeout ' +
    'deps retry_policy runner pool relation materialized outputs incremental on_lost materialize partitions partition_expr ' +
    'backfill_policy automation external sql publish storage checks not_null unique accepted_values range regex ' +
    'relationships row_count reported severity blocking warn_if error_if where samples on_error value'
  ).split(' '),
);

const SHELLS: ReadonlySet<string> = new Set(['bash', 'sh', 'sql']);

/**
 * Warns of lines of a block of text that read like a key of the thing that has the text: indented as far as the script,
 * `outputs: […]` is one of its lines, and no output of the asset. Elsewhere such a line may mean something (Python), and
 * behind `<<` it may be a file that the script writes.
 */
export function hintAtSlippedKeys(
  text: string,
  at: Place,
  shell: string,
  { findings, tree }: { readonly findings: Findings; readonly tree: SourceTree },
): void {
  if (!SHELLS.has(shell) || !text.includes('\n') || !/^[a-z_-]+:(?=\s|$)/m.test(text)) return;
  const end = text.indexOf('<<');
  for (const found of text.matchAll(/^([a-z_-]+):(?=\s|$)/gm)) {
    const key = found[1]!;
    if (!SLIPPING_KEYS.has(key) || (end >= 0 && found.index > end)) continue;
    const place = { offset: found.index, length: key.length };
    const beside = String(at.pointer.at(-1));
    const far = spanInText(at, text, place, tree).column - at.document.locate(at.pointer, 'key').column;
    const help = `it looks like a key that is indented too deep: move it ${far > 0 ? `${far} ${far === 1 ? 'space' : 'spaces'} to the left, ` : ''}to stand beside \`${beside}\``;
    const problem = textProblem(text, place, `\`${key}:\` is a line of the text of \`${beside}\` here`, help);
    findings.inText('key-in-text', at, text, { ...problem, severity: 'warning' });
  }
}
