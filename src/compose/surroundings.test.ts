import { expect, it } from 'vitest';
import { webAddressOf } from './surroundings.ts';

it('knows the web address of a remote, and that a path has none', () => {
  expect(
    [
      'git@github.com:acme/data.git',
      'https://user:secret@git.example.org/acme/data.git',
      'ssh://git@git.example.org:2222/acme/data',
      'https://github.com/acme/data/',
      '../elsewhere.git',
      '/srv/git/data.git',
    ].map(webAddressOf),
  ).toEqual([
    'https://github.com/acme/data',
    'https://git.example.org/acme/data',
    'https://git.example.org/acme/data',
    'https://github.com/acme/data',
    undefined,
    undefined,
  ]);
});
