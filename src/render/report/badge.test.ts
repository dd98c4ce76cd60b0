import { expect, test } from 'vitest';
import type { HealthStatus } from '../../insights/health.ts';
import { badgeJson, badgeMessage, badgeSvg } from './badge.ts';

function health(status: HealthStatus, counts: Partial<Record<HealthStatus, number>>) {
  const all = { healthy: 0, warning: 0, degraded: 0, unknown: 0, ...counts };
  return { status, counts: all, assets: Object.values(all).reduce((a, b) => a + b) };
}

test.each([
  [health('healthy', { healthy: 8 }), 'healthy'],
  [health('warning', { healthy: 7, warning: 1 }), '1 warning'],
  [health('warning', { healthy: 6, warning: 2 }), '2 warnings'],
  [health('degraded', { healthy: 1198, degraded: 2 }), '2 of 1,200 degraded'],
  [health('unknown', { unknown: 3 }), 'no data'],
])('a badge says %s', (of, message) => {
  expect(badgeMessage(of)).toBe(message);
});

test('the endpoint of shields.io gets what its schema demands', () => {
  expect(JSON.parse(badgeJson('weather', health('healthy', { healthy: 1 })))).toEqual({
    schemaVersion: 1,
    label: 'weather',
    message: 'healthy',
    color: '1a7f37',
  });
});

test('a name cannot leave its place in the picture', () => {
  const svg = badgeSvg('</text><script>"&', health('healthy', { healthy: 1 }));
  expect([...svg.matchAll(/<[^>]*>/g)].map(([tag]) => tag.slice(0, 7))).not.toContain('<script');
  expect(svg).toContain('&lt;/text&gt;&lt;script&gt;&quot;&amp;');
});
