import { expect, test } from 'vitest';
import { peekProject } from './peek-project.ts';

const usual = { branch: 'branchline/state', remote: 'origin', hasPrices: false };

test.each<[text: string, peeked: object | undefined]>([
  ['name: shop\nassets: {}\n', { name: 'shop', ...usual }],
  ['# ours\r\nname: "shop-1"  # the shop\r\nassets: {}\r\n', { name: 'shop-1', ...usual }],
  [
    'name: shop\nstate: { branch: ops/state, remote: upstream }\n',
    { ...usual, name: 'shop', branch: 'ops/state', remote: 'upstream' },
  ],
  [
    'state:\n  # here\n  retention: 90d\n\n  branch: "ops/state" # why\nname: shop\n',
    { ...usual, name: 'shop', branch: 'ops/state' },
  ],
  [
    'name: shop\nstate:\n  remote: upstream\nassets:\n  a: { branch: no }\n',
    { ...usual, name: 'shop', remote: 'upstream' },
  ],
  ['name: shop\nprices: { big: 0.1 }\n', { ...usual, name: 'shop', hasPrices: true }],
  ['assets: {}\n', undefined],
  ['name: one\nname: two\n', undefined],
  ['name: our shop\n', undefined],
  ['name: &it shop\n', undefined],
  ['name: shop\nstate: *there\n', undefined],
  ['', undefined],
])('%j', (text, peeked) => {
  expect(peekProject(text)).toEqual(peeked);
});
