import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

it('the weather of the example is the published data set, unchanged', () => {
  const published = readFileSync('node_modules/vega-datasets/data/weather.csv');
  expect(readFileSync('examples/weather/sources/noaa-daily-2012-2015.csv').equals(published)).toBe(true);
});
