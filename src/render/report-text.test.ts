import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../base/json.ts';
import { expectGolden } from '../testing/golden.ts';
import { emptyWeather, healthyWeather, troubledWeather } from '../testing/weather-story.ts';
import { reportJson } from './report-json.ts';
import { renderReportText } from './report-text.ts';

const golden = path.resolve(import.meta.dirname, 'golden');
const stories = { healthy: healthyWeather, troubled: troubledWeather, empty: emptyWeather };

describe.each(Object.entries(stories))('the report of a state that is %s', (name, story) => {
  test('on a terminal', () => {
    expectGolden(
      path.join(golden, 'report-text', `${name}.txt`),
      renderReportText(story(), { color: false, unicode: true }),
    );
  });
  test('fits a screen and stays plain where the locale is', () => {
    const text = renderReportText(story(), { color: false, unicode: false });
    expect(text.split('\n').length).toBeLessThanOrEqual(45);
    expect(text).toMatch(/^[\n -~]*$/);
  });
  test('for programs', () => {
    const json = reportJson(story());
    expectGolden(
      path.join(golden, 'report-json', `${name}.json`),
      `${JSON.stringify(JSON.parse(canonicalJson(json)), undefined, 2)}\n`,
    );
  });
});
