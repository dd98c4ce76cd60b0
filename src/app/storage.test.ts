import { describe, expect, it } from 'vitest';
import { projectOf } from '../testing/project-builder.ts';
import { effectiveStorage } from './storage.ts';

const MADE = 'run: "true", outputs: [data/a.csv]';

describe('where files are kept', () => {
  const storageOf = (text: string, key = 'a') => {
    const project = projectOf({ 'branchline.yaml': `name: shop\n${text}` });
    return effectiveStorage(project, project.assets[key]!.storage, {
      environment: 'production',
      fallback: 'cache',
    });
  };
  it('is what is written nearest', () => {
    const assets = `assets:
  a: { group: g, ${MADE} }
  b: { group: g, storage: { type: none }, run: "true", outputs: [data/b.csv] }
  c: { group: g, storage: null, run: "true", outputs: [data/c.csv] }
  d: { run: "true", outputs: [data/d.csv] }
groups: { g: { storage: { type: branch, max_file: 5MB } } }
storage: { type: directory, path: /srv/data }
`;
    expect(storageOf(assets, 'a')).toEqual({ type: 'branch', branch: 'branchline/data', maxFileBytes: 5_000_000 });
    expect(storageOf(assets, 'b')).toEqual({ type: 'none' });
    expect(storageOf(assets, 'c')).toEqual({ type: 'directory', path: '/srv/data' });
    expect(storageOf(assets, 'd')).toEqual({ type: 'directory', path: '/srv/data' });
    expect(storageOf(`defaults: { storage: { type: branch } }\nassets: { a: { ${MADE} } }`)).toMatchObject({
      type: 'branch',
      maxFileBytes: 50_000_000,
    });
  });
  it('is what suits the machine when nothing is written', () => {
    const project = projectOf({ 'branchline.yaml': `name: shop\nassets: { a: { ${MADE} } }` });
    for (const fallback of ['directory', 'cache'] as const)
      expect(effectiveStorage(project, undefined, { environment: 'production', fallback })).toEqual({ type: fallback });
  });
  it('is a directory in the local environment, which leaves its machine nowhere', () => {
    const project = projectOf({ 'branchline.yaml': 'name: shop\nstorage: { type: branch }' });
    const local = (written?: 'cache' | 'none') =>
      effectiveStorage(project, written && { type: written }, { environment: 'local', fallback: 'cache' });
    expect(local()).toEqual({ type: 'directory' });
    expect(local('cache')).toEqual({ type: 'directory' });
    expect(local('none')).toEqual({ type: 'none' });
  });
  it('goes with the branch of the state', () => {
    expect(storageOf(`state: { branch: team/a }\nstorage: { type: branch }\nassets: { a: { ${MADE} } }`)).toMatchObject(
      {
        branch: 'team/a-data',
      },
    );
  });
});
