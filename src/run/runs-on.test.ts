import { describe, expect, test } from 'vitest';
import { labelsAlike, labelsOf } from './runs-on.ts';

describe('labels of a `runs-on`', () => {
  test.each<[unknown, readonly string[]]>([
    ['ubuntu-latest', ['ubuntu-latest']],
    [
      ['self-hosted', 'big'],
      ['self-hosted', 'big'],
    ],
    [{ group: 'large' }, ['large']],
    [{ group: 'large', labels: 'linux-16' }, ['linux-16']],
    [{ labels: ['linux-16', 'x64'] }, ['linux-16', 'x64']],
    ['${{ matrix.os }}', []],
    [['self-hosted', '${{ matrix.os }}'], ['self-hosted']],
    [undefined, []],
    [null, []],
    [7, []],
  ])('%j', (runsOn, labels) => {
    expect(labelsOf(runsOn)).toEqual(labels);
  });
});

describe('labels that all jobs have alike', () => {
  test.each<[string, readonly string[] | undefined]>([
    ['jobs:\n  a:\n    runs-on: big-linux # ours\n  b:\n    runs-on: big-linux\n', ['big-linux']],
    ['jobs: { a: { steps: [] } }\n', undefined],
    ['jobs:\r\n  a:\r\n    runs-on: ubuntu-latest\r\n', ['ubuntu-latest']],
    ['jobs:\n  a:\n    runs-on: ubuntu-latest\n  b:\n    runs-on: macos-15\n', undefined],
    ['jobs:\n  a:\n    runs-on: [self-hosted, big]\n', undefined],
    ['jobs:\n  a:\n    runs-on: ${{ matrix.os }}\n', undefined],
    ['jobs:\n  a:\n    runs-on:\n      group: large\n', undefined],
    ['jobs:\n  a: { runs-on: ubuntu-latest }\n  b: { "runs-on": macos-15 }\n', undefined],
  ])('%j', (text, labels) => {
    expect(labelsAlike(text)).toEqual(labels);
  });
});
