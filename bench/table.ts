import type { Ratio } from './compare.ts';
import type { Result } from './row.ts';

/** The results as a Markdown table: ratio as the median of the pairs, spread as lowest to highest. */
export function renderTable(results: readonly Result[]): string {
  const head = ['row', 'question', 'against', 'CPU', 'wall', 'goal', 'verdict'];
  const lines = results.map(cellsOf).map((cells) => `| ${cells.map(escapeCell).join(' | ')} |`);
  return `${[`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...lines].join('\n')}\n`;
}

function cellsOf({ row, label, outcome }: Result): string[] {
  const question = label === '' ? row.question : `${row.question}: ${label}`;
  const goal = `≤ ${row.goal.cpu} × CPU${row.goal.wall === undefined ? '' : `, ≤ ${row.goal.wall} × wall`}`;
  const start = [row.name, question, row.against];
  switch (outcome.kind) {
    case 'peer-missing':
      return [...start, '', '', goal, `not measured: ${outcome.why}`];
    case 'failed':
      return [...start, '', '', goal, `failed: ${outcome.why}`];
    case 'measured': {
      const { cpu, wall } = outcome.comparison;
      const isMet = cpu.median <= row.goal.cpu && (row.goal.wall === undefined || wall.median <= row.goal.wall);
      return [...start, ratioText(cpu), ratioText(wall), goal, isMet ? 'met' : 'missed'];
    }
  }
}

function ratioText(ratio: Ratio): string {
  return `${ratio.median.toFixed(2)} × (${ratio.lowest.toFixed(2)} to ${ratio.highest.toFixed(2)})`;
}

function escapeCell(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}
