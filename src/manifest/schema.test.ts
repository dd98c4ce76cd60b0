import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv } from 'ajv';
import { describe, expect, test } from 'vitest';
import { otherWords, plannedKeys, plannedValues } from './planned-keys.ts';
import { definitionNames, definitionOf, nounsOf, rootOf, type Schema, schemaOf } from './schema.ts';

const repository = path.resolve(import.meta.dirname, '../..');
const read = (...names: string[]) => readFileSync(path.join(repository, ...names), 'utf8');

/** Every key of the vocabulary with its home. */
const keys: [home: string, key: string, schema: Schema][] = [
  ...definitionNames().map((name) => [name, definitionOf(name)] as const),
  ['Project', rootOf('project')] as const,
  ['Manifest', rootOf('manifest')] as const,
].flatMap(([home, schema]) =>
  Object.entries(schema.properties ?? {}).map(([key, value]): [string, string, Schema] => [home, key, value]),
);

describe('the editor is the manual', () => {
  test('each key says what it means', () => {
    const silent = keys
      .filter(([, , schema]) => (schema.description?.length ?? 0) < 8)
      .map(([home, key]) => `${home}.${key}`);
    expect(keys.length).toBeGreaterThan(150);
    expect(silent).toEqual([]);
  });

  test('each key has examples, and they are right', () => {
    const ajv = new Ajv({ strict: false });
    ajv.addSchema({ ...schemaOf('project'), $id: 'all' });
    const wrong = keys.flatMap(([home, key, schema]) => {
      const check = ajv.compile(JSON.parse(JSON.stringify(schema).replaceAll('"#/', '"all#/')));
      const examples = schema.examples ?? [];
      return examples.length > 0 && examples.every((example) => check(example)) ? [] : [`${home}.${key}`];
    });
    expect(wrong).toEqual([]);
  });

  test('the published schemas are what is enforced', () => {
    expect(JSON.parse(read('schemas', 'project.schema.json'))).toEqual(schemaOf('project'));
    expect(JSON.parse(read('schemas', 'manifest.schema.json'))).toEqual(schemaOf('manifest'));
  });

  test('every mapping with named keys is closed', () => {
    const open: string[] = [];
    const visit = (schema: unknown, at: string): void => {
      if (typeof schema !== 'object' || schema === null) return;
      const { properties, additionalProperties, type } = schema as Schema;
      if (properties && type !== undefined && additionalProperties !== false) open.push(at);
      for (const [key, value] of Object.entries(schema))
        if (key !== 'examples' && key !== 'not' && key !== 'if') visit(value, `${at}/${key}`);
    };
    visit(schemaOf('project'), '');
    expect(open).toEqual([]);
  });
});

describe('planned keys', () => {
  test('are not in the schema: what is accepted is obeyed', () => {
    const both = Object.entries(plannedKeys).flatMap(([home, planned]) => {
      const schema =
        home === 'Project' ? rootOf('project') : home === 'Manifest' ? rootOf('manifest') : definitionOf(home);
      return planned.filter((key) => Object.hasOwn(schema.properties!, key)).map((key) => `${home}.${key}`);
    });
    expect(both).toEqual([]);
  });
  test('stand where a definition is', () => {
    const homes = [...Object.keys(plannedKeys), ...Object.keys(plannedValues)];
    expect(homes.filter((home) => !['Project', 'Manifest', ...definitionNames()].includes(home))).toEqual([]);
  });
  test('words of other tools lead to keys, and are none', () => {
    const known = new Set(keys.map(([, key]) => key));
    expect(Object.values(otherWords).filter((word) => !known.has(word))).toEqual([]);
  });
});

test('each definition has a name for messages', () => {
  const nameless = definitionNames().filter((name) => name !== 'Json' && nounsOf(name).one === 'this mapping');
  expect(nameless).toEqual([]);
});

describe('documents', () => {
  test('every code of the sources is in docs/diagnostics.md', () => {
    const page = read('docs', 'diagnostics.md');
    const sources = readdirSync(import.meta.dirname).filter(
      (name) => name.endsWith('.ts') && !name.endsWith('.test.ts'),
    );
    const text = sources.map((name) => read('src', 'manifest', name)).join('\n');
    const codes = [
      ...text.matchAll(/code: '([a-z-]+)'|'((?:bad|missing|unknown|out|wrong|planned|yaml|duplicate)-[a-z-]+)'/g),
    ]
      .map((match) => match[1] ?? match[2]!)
      .filter((code) => !['unknown-alias', 'out-of'].includes(code));
    expect(new Set(codes).size).toBeGreaterThan(10);
    expect([...new Set(codes)].filter((code) => !page.includes(`\`${code}\``))).toEqual([]);
  });
});

test('the state’s branch is a name that git takes', () => {
  const isValid = new Ajv({ strict: false }).compile(definitionOf('State').properties!['branch']!);
  const good = ['branchline/state', 'state', 'a-b/c_d.e', 'zustände/β', 'x@y'];
  const bad = [
    '',
    ' ',
    'a b',
    'a..b',
    '/a',
    'a/',
    'a//b',
    '.a',
    'a/.b',
    'a.',
    'a.lock',
    'a.lock/b',
    '-a',
    'a~1',
    'a^',
    'a:b',
  ];
  const worse = ['a?', 'a*', 'a[', 'a\\b', 'a@{1', 'a\tb'];
  expect(good.filter((name) => !isValid(name))).toEqual([]);
  expect([...bad, ...worse].filter((name) => isValid(name))).toEqual([]);
});
