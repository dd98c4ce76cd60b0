import { expect, test } from 'vitest';
import { projectOf } from '../testing/project-builder.ts';
import { readsItself } from './self-read.ts';

const self = '${{ this }}';

test.each([
  ['select 1 as n', false],
  [`select n + 1 as n from ${self}`, true],
  [`select b.n from (select 1 as n) a join ${self} b using (n)`, true],
  [`select 1 as n /* from ${self} */`, false],
])('%s', (sql, reads) => {
  const project = projectOf({
    'branchline.yaml': `name: p
connections: { w: { type: duckdb, path: w.db } }
assets: { a: { connection: w, sql: "${sql}" }, s: { run: "true", outputs: [s.txt] } }
`,
  });
  expect(readsItself(project, project.assets['a']!)).toBe(reads);
  expect(readsItself(project, project.assets['s']!)).toBe(false);
});
