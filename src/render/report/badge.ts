import { canonicalJson } from '../../base/json.ts';
import type { HealthStatus, ScopeHealth } from '../../insights/health.ts';
import { html, oneLine } from '../markdown.ts';
import { formatCount } from '../style.ts';

/** Dark enough for white text (contrast of at least 4.5 to 1), and apart from each other without the colour of red and green alone. */
const COLORS: Readonly<Record<HealthStatus, string>> = {
  healthy: '#1a7f37',
  warning: '#9a6700',
  degraded: '#cf222e',
  unknown: '#59636e',
};

/** What a badge says of a health: `healthy`, `2 of 8 degraded`. */
export function badgeMessage({ status, counts, assets }: ScopeHealth): string {
  switch (status) {
    case 'healthy':
      return 'healthy';
    case 'unknown':
      return 'no data';
    case 'degraded':
      return `${formatCount(counts.degraded)} of ${formatCount(assets)} degraded`;
    case 'warning':
      return counts.warning === 1 ? '1 warning' : `${formatCount(counts.warning)} warnings`;
  }
}

/** The endpoint format of shields.io: {schemaVersion, label, message, color}. */
export function badgeJson(label: string, health: ScopeHealth): string {
  const color = COLORS[health.status].slice(1);
  return `${canonicalJson({ schemaVersion: 1, label: oneLine(label, 60), message: badgeMessage(health), color })}\n`;
}

/** The same as a picture of its own. It stands on its own colours, so it reads on light and dark pages. */
export function badgeSvg(label: string, health: ScopeHealth): string {
  const [left, right] = [oneLine(label, 60), badgeMessage(health)];
  const leftWidth = textWidth(left) + 14;
  const rightWidth = textWidth(right) + 14;
  const width = leftWidth + rightWidth;
  const words = (text: string, x: number, of: number): string =>
    `<text x="${x + of / 2}" y="14" textLength="${of - 14}" lengthAdjust="spacingAndGlyphs">${html(text)}</text>`;
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${html(`${left}: ${right}`)}">`,
    `<title>${html(`${left}: ${right}`)}</title>`,
    `<clipPath id="r"><rect width="${width}" height="20" rx="4"/></clipPath>`,
    '<g clip-path="url(#r)">',
    `<rect width="${leftWidth}" height="20" fill="#32383f"/>`,
    `<rect x="${leftWidth}" width="${rightWidth}" height="20" fill="${COLORS[health.status]}"/>`,
    '</g>',
    '<g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,Geneva,sans-serif" font-size="11">',
    words(left, 0, leftWidth),
    words(right, leftWidth, rightWidth),
    '</g>',
    '</svg>',
  ].join('\n')}\n`;
}

/** Width of a text in Verdana of 11 px, near enough: `textLength` makes the rest fit. Whole pixels. */
function textWidth(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/[iljI.,:;'|! ]/.test(char)) width += 4.2;
    else if (/[mwMW%]/.test(char)) width += 9.8;
    else if (/[frt()[\]/-]/.test(char)) width += 4.8;
    else if (/[A-Z]/.test(char)) width += 7.6;
    else if (/[ -~]/.test(char)) width += 6.8;
    else width += 11;
  }
  return Math.ceil(width);
}
