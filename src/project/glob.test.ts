import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { expandBraces, globMatcher, patternsOverlap } from './glob.ts';
import { nearestFile, projectPath } from './paths.ts';

describe('globMatcher', () => {
  it('matches as people expect', () => {
    const check = (pattern: string, yes: readonly string[], no: readonly string[]): void => {
      for (const path of yes) expect([pattern, path, globMatcher(pattern)(path)]).toEqual([pattern, path, true]);
      for (const path of no) expect([pattern, path, globMatcher(pattern)(path)]).toEqual([pattern, path, false]);
    };
    check('a/*.csv', ['a/x.csv', 'a/.csv'], ['a/b/x.csv', 'a/xcsv', 'b/a/x.csv']);
    check('a/**', ['a/x', 'a/b/c'], ['a', 'b/a/x']);
    check('**/x.yaml', ['x.yaml', 'a/b/x.yaml'], ['ax.yaml']);
    check('pipelines/**/*.{yaml,yml}', ['pipelines/a.yaml', 'pipelines/b/c.yml'], ['pipelines/a.json']);
    check('a?c', ['abc'], ['a/c', 'ac']);
    check('[a-c]x', ['bx'], ['dx', '/x']);
    check('[!a]x', ['bx'], ['ax', '/x']);
    check('{a,[z-a]}x', ['ax'], ['bx', 'zx']);
    check('a+(b).sql', ['a+(b).sql'], ['aab.sql']);
    check('a\\*/*.csv', ['a*/x.csv'], ['ab/x.csv']);
    check('a\\(b\\).csv', ['a(b).csv'], ['ab.csv']);
    check('\\{a,b\\}*', ['{a,b}x'], ['ax', 'bx']);
  });
  it('expands braces', () => expect(expandBraces('a{b,c{d,e}}f')).toEqual(['abf', 'acdf', 'acef']));
});

describe('patternsOverlap', () => {
  const piece = fc.constantFrom('a', 'b', '/', '*', '**', '?', '**/');
  const pattern = fc.array(piece, { minLength: 1, maxLength: 6 }).map((pieces) => pieces.join(''));
  it('is right on small cases', () => {
    expect(patternsOverlap('a/*.csv', 'a/b*')).toBe(true);
    expect(patternsOverlap('a/*.csv', 'a/*.json')).toBe(false);
    expect(patternsOverlap('a/*', 'a/b/*')).toBe(false);
    expect(patternsOverlap('a/**', 'a/b/*')).toBe(true);
    expect(patternsOverlap('**/x', 'x')).toBe(true);
    expect(patternsOverlap('x', 'x')).toBe(true);
  });
  it('finds every path that both match, and takes turns', () => {
    const path = fc.array(fc.constantFrom('a', 'b', '/'), { maxLength: 6 }).map((letters) => letters.join(''));
    fc.assert(
      fc.property(pattern, pattern, path, (a, b, text) => {
        if (globMatcher(a)(text) && globMatcher(b)(text)) expect(patternsOverlap(a, b)).toBe(true);
        expect(patternsOverlap(a, b)).toBe(patternsOverlap(b, a));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('paths', () => {
  it('are from the root, or beside the manifest', () => {
    expect(projectPath('a/b.sql', 'p/x.yaml')).toBe('a/b.sql');
    expect(projectPath('./b.sql', 'p/x.yaml')).toBe('p/b.sql');
    expect(projectPath('./../b.sql', 'p/x.yaml')).toBe('b.sql');
    expect(projectPath('./b.sql', 'branchline.yaml')).toBe('b.sql');
    expect(projectPath('../b.sql', 'p/x.yaml')).toBeUndefined();
    expect(projectPath('./../../b', 'p/x.yaml')).toBeUndefined();
    expect(projectPath('/b', 'p/x.yaml')).toBeUndefined();
    expect(projectPath('C:\\b', 'p/x.yaml')).toBeUndefined();
  });
  it('have a nearest file', () => {
    const files = ['a/orders.sql', 'sql/monthly.sql', 'x.py'];
    expect(nearestFile('sql/orders.sql', files)).toBe('a/orders.sql');
    expect(nearestFile('sql/monthy.sql', files)).toBe('sql/monthly.sql');
    expect(nearestFile('completely/else.txt', files)).toBeUndefined();
  });
});
