import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { noProject } from './no-project.ts';

let workspace: string;
beforeEach(() => {
  workspace = mkdtempSync(join(tmpdir(), 'branchline-workspace-'));
});
afterEach(() => rmSync(workspace, { recursive: true }));

test('an empty workspace was never checked out', () => {
  const { message, help } = noProject(workspace, '.');
  expect(message).toContain('Nothing is checked out here');
  expect(help).toMatch(/^- uses: actions\/checkout@[0-9a-f]{40} # v\d/m);
  expect(noProject(join(workspace, 'gone'), '.').message).toBe(message);
});

test.each([
  ['.', 'There is no branchline.yaml at the top of the repository.'],
  ['./', 'There is no branchline.yaml at the top of the repository.'],
  ['./data/sales/', 'There is no branchline.yaml in the folder `data/sales` of the repository.'],
  ['data/sails', 'The repository has no folder `data/sails`.'],
])('project %j: %s', (project, message) => {
  mkdirSync(join(workspace, 'data', 'sales'), { recursive: true });
  expect(noProject(workspace, project)).toMatchObject({ code: 'no-project', exit: 2, message });
});
