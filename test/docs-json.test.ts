import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Json } from '../src/base/json.ts';
import { type CliProject, makeCliProject } from '../src/testing/cli-project.ts';

const page = path.resolve(import.meta.dirname, '..', 'docs', 'json.md');
const text = readFileSync(page, 'utf8');
const example = /(`branchline ([^`]+)`\n\n```json\n)([\s\S]*?)```/g;

let project: CliProject;
const printed = new Map<string, Json>();

/** Runs the page's commands, in its order, in the project that the page shows. */
beforeAll(async () => {
  const manifest = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
  project = makeCliProject({ 'branchline.yaml': manifest });
  for (const [, , command = ''] of text.matchAll(example)) {
    const end = await project.run([...command.split(' '), '--json']);
    printed.set(command, JSON.parse(end.stdout));
  }
  if (process.env['UPDATE_GOLDEN'] !== '1') return;
  const filled = text.replace(example, (_, head: string, command: string) => {
    return `${head}${layOut(printed.get(command) ?? null)}\n\`\`\``;
  });
  writeFileSync(page, filled);
});
afterAll(() => project.remove());

test('every example has the fields of what the command prints', () => {
  const shown = [...readFileSync(page, 'utf8').matchAll(example)].map(([, , command = '', json = '']) => [
    command,
    shapeOf(JSON.parse(json)),
  ]);
  expect(shown.length).toBeGreaterThan(10);
  expect(Object.fromEntries(shown)).toEqual(
    Object.fromEntries([...printed].map(([command, json]) => [command, shapeOf(json)])),
  );
});

test('every document has its version, and a run that began well has ended well', () => {
  expect([...printed.values()].map((json) => (json as { version?: number }).version)).toEqual(
    [...printed].map(() => 1),
  );
  expect(printed.get('run')).toMatchObject({ state: 'SUCCESS', counts: { materialized: 1, checksPassed: 1 } });
  expect(printed.get('check')).toEqual({ version: 1, diagnostics: [] });
  expect(printed.get('state verify')).toMatchObject({ problems: [] });
});

/** A value with each scalar replaced by the name of its type: what stays the same from run to run. */
function shapeOf(value: Json): Json {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (value === null || typeof value !== 'object') return value === null ? 'null' : typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, shapeOf(member as Json)]));
}

/** Indented JSON, with what fits on a line of 110 characters on one. */
function layOut(value: Json, indent = ''): string {
  const flat = flatText(value);
  if (indent.length + flat.length <= 110 || value === null || typeof value !== 'object') return flat;
  const inner = `${indent}  `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((member) => layOut(member, inner))
    : Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${layOut(member as Json, inner)}`);
  return `${open}\n${members.map((member) => inner + member).join(',\n')}\n${indent}${close}`;
}

function flatText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(flatText).join(', ')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}: ${flatText(member as Json)}`);
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
}
