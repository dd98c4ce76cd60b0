import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectGolden } from '../../testing/golden.ts';
import { emptyWeather, healthyWeather, troubledWeather } from '../../testing/weather-story.ts';
import { renderReport } from './pages.ts';

const golden = path.resolve(import.meta.dirname, '..', 'golden', 'report');

describe('the report as it is', () => {
  test.each([
    ['healthy', healthyWeather],
    ['troubled', troubledWeather],
    ['empty', emptyWeather],
  ])('%s', (name, story) => {
    const pages = renderReport(story());
    const shown = [
      'README.md',
      'health/assets/c/e/marts.records.md',
      'health/assets/3/f/staging.days.md',
      'health/selections/published.md',
      'health/groups/marts.md',
      'badges/project.json',
      'badges/project.svg',
    ];
    if (name === 'troubled')
      shown.push(
        'health/assets/8/5/charts.temperature.md',
        'health/assets/8/5/charts.temperature.svg',
        'badges/selection-published.json',
      );
    for (const page of shown) {
      expect([...pages.keys()]).toContain(page);
      expectGolden(path.join(golden, name, page), pages.get(page)!);
    }
  });
});
