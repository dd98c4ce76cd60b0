import { describe, expect, test } from 'vitest';
import { runnerLabel, usdPerMinute } from './prices.ts';

describe('what a minute costs', () => {
  test.each([
    ['ubuntu-latest', 0.006],
    ['ubuntu-24.04', 0.006],
    ['ubuntu-24.04-arm', 0.005],
    ['ubuntu-slim', 0.002],
    ['windows-latest', 0.01],
    ['windows-2025', 0.01],
    ['windows-11-arm', 0.008],
    ['macos-latest', 0.062],
    ['macos-15-intel', 0.062],
    ['macos-15-large', 0.077],
    ['macos-latest-xlarge', 0.102],
    ['our-big-machine', undefined],
    ['ubuntu-latest-16-cores', undefined],
  ])('%s: %s', (runner, usd) => {
    expect(usdPerMinute({ runner }, {})).toBe(usd);
  });

  test('the project knows better', () => {
    expect(usdPerMinute({ runner: 'ubuntu-latest', isPublic: true }, { 'ubuntu-latest': 0.5 })).toBe(0.5);
    expect(usdPerMinute({ runner: 'ours', isSelfHosted: true }, { ours: 0.02 })).toBe(0.02);
    expect(usdPerMinute({ runner: 'toString' }, {})).toBeUndefined();
  });

  test('standard runners are free in public repositories, larger ones are not', () => {
    expect(usdPerMinute({ runner: 'ubuntu-latest', isPublic: true }, {})).toBe(0);
    expect(usdPerMinute({ runner: 'macos-15-large', isPublic: true }, {})).toBe(0.077);
    expect(usdPerMinute({ runner: 'ubuntu-latest', isPublic: false }, {})).toBe(0.006);
  });

  test('a machine of one’s own has GitHub’s price by no label', () => {
    expect(usdPerMinute({ runner: 'ubuntu-latest', isSelfHosted: true }, {})).toBeUndefined();
  });
});

describe('the label that counts', () => {
  const linux = { os: 'Linux', arch: 'X64' };
  test('is the first that has a price, else the first, else that of the machine', () => {
    expect(runnerLabel(['self-hosted', 'big'], linux, { big: 1 })).toBe('big');
    expect(runnerLabel(['self-hosted', 'big'], linux, {})).toBe('self-hosted');
    expect(runnerLabel([], linux, {})).toBe('ubuntu-latest');
    expect(runnerLabel([], { os: 'Linux', arch: 'ARM64' }, {})).toBe('ubuntu-24.04-arm');
    expect(runnerLabel([], { os: 'Windows', arch: 'X64' }, {})).toBe('windows-latest');
    expect(runnerLabel([], { os: 'Windows', arch: 'ARM64' }, {})).toBe('windows-11-arm');
    expect(runnerLabel([], { os: 'macOS', arch: 'ARM64' }, {})).toBe('macos-latest');
  });

  test('of each machine has a price', () => {
    for (const os of ['Linux', 'Windows', 'macOS'])
      for (const arch of ['X64', 'ARM64'])
        expect(usdPerMinute({ runner: runnerLabel([], { os, arch }, {}) }, {})).toBeGreaterThan(0);
  });
});
