// Writes schemas/*.json from the vocabulary, and from them the types, validators and the table that messages are made of.

import { createHash } from 'node:crypto';
import Ajv from 'ajv';
import standalone from 'ajv/dist/standalone/index.js';
import { compile } from 'json-schema-to-typescript';
import { writeOrCheck } from '../generated-files.mjs';
import { assetDefinitions } from './vocabulary/asset-keys.mjs';
import { checkDefinitions } from './vocabulary/check-keys.mjs';
import { fileDefinitions, manifestKeys, projectKeys } from './vocabulary/file-keys.mjs';
import { scenarioDefinitions, scenarioKeys } from './vocabulary/scenario-keys.mjs';

const definitions = { ...assetDefinitions, ...checkDefinitions, ...fileDefinitions };
const draft = { $schema: 'http://json-schema.org/draft-07/schema#' };

const project = {
  ...draft,
  title: 'branchline.yaml',
  description: 'A Branchline project. It may hold every key of a manifest as well.',
  type: 'object',
  additionalProperties: false,
  required: ['name'],
  properties: { ...projectKeys, ...manifestKeys },
  definitions,
};
const manifest = {
  ...draft,
  title: 'Branchline manifest',
  description: 'Assets, checks, jobs, schedules and selections of a Branchline project.',
  type: 'object',
  additionalProperties: false,
  properties: manifestKeys,
  definitions: reachable(manifestKeys, definitions),
};

const scenario = {
  ...draft,
  title: 'Scenario of branchline simulate',
  description: 'What happens around a project while it is simulated (docs/simulate.md).',
  type: 'object',
  additionalProperties: false,
  properties: scenarioKeys,
  definitions: scenarioDefinitions,
};

/** The definitions that these properties need, so that the manifest's schema holds no others. */
function reachable(start, all) {
  const found = {};
  const visit = (node) => {
    if (typeof node !== 'object' || node === null) return;
    const target = typeof node.$ref === 'string' ? node.$ref.replace('#/definitions/', '') : undefined;
    if (target && !found[target]) {
      found[target] = all[target];
      visit(all[target]);
    }
    for (const value of Object.values(node)) visit(value);
  };
  visit(start);
  return Object.fromEntries(Object.entries(all).filter(([name]) => found[name]));
}

const notice = '// Generated from scripts/generate/vocabulary by `npm run generate`. Do not edit.\n';

/**
 * Validators that answer yes or no, compiled by a library: what `fits` of src/manifest is held against, and how fast a
 * check could be. The program itself has `fits`, which is a tenth of their size.
 */
function validators() {
  const ajv = new Ajv({
    strict: true,
    allowUnionTypes: true,
    strictTypes: false,
    strictRequired: false,
    messages: false,
    inlineRefs: false,
    code: { source: true, esm: true, optimize: 2 },
  });
  const shared = {};
  const local = (schema) =>
    JSON.parse(JSON.stringify(schema).replaceAll('"#/definitions/', '"vocabulary#/definitions/'));
  const hoisted = (schema) =>
    local(hoist(withoutProse({ ...schema, definitions: undefined, title: undefined }), shared));
  const roots = {
    validateProject: hoisted(project),
    validateManifest: hoisted(manifest),
    validateScenario: hoisted(scenario),
  };
  const all = { ...definitions, ...scenarioDefinitions };
  const own = mapValues(withoutProse(all), (definition) => hoist(definition, shared));
  ajv.addSchema({ $id: 'vocabulary', definitions: { ...own, ...shared } });
  for (const [name, schema] of Object.entries(roots)) ajv.addSchema({ ...schema, $id: name });
  const code = standalone(ajv, Object.fromEntries(Object.keys(roots).map((name) => [name, name])));
  if (code.includes('require(')) throw new Error('the validators need a library at run time; avoid that keyword');
  return `${notice}${code.replace(errorObject, '0')}\n`;
}

// The answer is yes or no, so the objects that would say what is wrong are dead weight: half of the code. A pattern
// among their parameters may hold braces of its own.
const errorObject = /\{instancePath[^{}]*,schemaPath:(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}/g;

/** Moves the values of keys into `shared` where they are more than a type, so that equal ones become one function. */
function hoist(definition, shared) {
  if (!definition.properties) return definition;
  const properties = mapValues(definition.properties, (schema) => {
    const text = JSON.stringify(schema);
    if (text.length < 60 || text.startsWith('{"$ref"')) return schema;
    const name = `value-${createHash('sha256').update(text).digest('hex').slice(0, 12)}`;
    shared[name] = schema;
    return { $ref: `#/definitions/${name}` };
  });
  return { ...definition, properties };
}

/** The schema without what is for people only. */
function withoutProse(node) {
  if (Array.isArray(node)) return node.map(withoutProse);
  if (typeof node !== 'object' || node === null) return node;
  const prose = ['description', 'examples', 'patternErrorMessage', 'minimumDuration', 'errorMessage'];
  // A property may be called `description` as well: then its value is a schema, not text or a list.
  const kept = Object.entries(node).filter(([name, value]) => !prose.includes(name) || isSchema(value));
  return Object.fromEntries(kept.map(([name, value]) => [name, withoutProse(value)]));
}

// Types know nothing of patterns and of keys that exclude each other; those keywords only make the types worse.
const notForTypes = [
  'examples',
  'not',
  'if',
  'then',
  'dependencies',
  'propertyNames',
  'patternErrorMessage',
  'minimumDuration',
  'errorMessage',
];

/** The schema as far as types go, its definitions called `Written…`. */
function forTypes(schema) {
  if (typeof schema.$ref === 'string') return { $ref: schema.$ref.replace('#/definitions/', '#/definitions/Written') };
  const result = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (notForTypes.includes(keyword)) continue;
    if (keyword === 'oneOf' && value.every((branch) => Object.keys(branch).join() === 'required')) continue;
    if (keyword === 'properties') result[keyword] = mapValues(value, forTypes);
    else if (keyword === 'oneOf' || keyword === 'anyOf') result[keyword] = value.map(forTypes);
    else if (isSchema(value)) result[keyword] = forTypes(value);
    else result[keyword] = value;
  }
  return result;
}
const isSchema = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const mapValues = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

async function types() {
  const named = {
    Project: { ...project, definitions: undefined },
    Manifest: { ...manifest, definitions: undefined },
    Scenario: { ...scenario, definitions: undefined },
    ...definitions,
    ...scenarioDefinitions,
  };
  const written = Object.entries(named).map(([name, { $schema, title, definitions, ...schema }]) => [
    `Written${name}`,
    forTypes(schema),
  ]);
  const schema = {
    type: 'object',
    additionalProperties: false,
    properties: {
      project: { $ref: '#/definitions/WrittenProject' },
      manifest: { $ref: '#/definitions/WrittenManifest' },
      scenario: { $ref: '#/definitions/WrittenScenario' },
    },
    definitions: Object.fromEntries(written),
  };
  const code = await compile(schema, 'Everything', {
    additionalProperties: false,
    bannerComment: notice.trim(),
    customName: (_schema, definition) => definition,
    ignoreMinAndMaxItems: true,
  });
  return code.replace(/export interface Everything \{[^}]*\}\n/, '');
}

const json = (value) => `${JSON.stringify(value, null, 2)}\n`;
const declaration = `${notice}
/** Whether a parsed file fits its schema, by the library's word; for tests and benchmarks. */
export declare function validateProject(value: unknown): boolean;
export declare function validateManifest(value: unknown): boolean;
export declare function validateScenario(value: unknown): boolean;
`;

/** The schemas as data for messages: definitions once, and text that is parsed only when something is wrong. */
function vocabulary() {
  const roots = {
    project: { ...project, definitions: undefined },
    manifest: { ...manifest, definitions: undefined },
    scenario: { ...scenario, definitions: undefined },
  };
  const data = {
    ...roots,
    definitions,
    manifestDefinitions: Object.keys(manifest.definitions),
    scenarioDefinitions,
  };
  return `${notice}\nlet parsed;\n\nexport function vocabulary() {\n  parsed ??= JSON.parse(${JSON.stringify(JSON.stringify(data))});\n  return parsed;\n}\n`;
}

/** The schemas as far as yes and no go, for predicates that are made when a file first needs them. */
function shapes() {
  const rootOf = ({ $schema, title, definitions: _, ...schema }) => withoutProse(schema);
  const data = {
    project: rootOf(project),
    manifest: rootOf(manifest),
    scenario: rootOf(scenario),
    definitions: withoutProse({ ...definitions, ...scenarioDefinitions }),
  };
  return `${notice}\nlet parsed;\n\nexport function shapes() {\n  parsed ??= JSON.parse(${JSON.stringify(JSON.stringify(data))});\n  return parsed;\n}\n`;
}

const shapesDeclaration = `${notice}
/** The schemas without what is for people, with the definitions of all of them. Treat it as frozen. */
export declare function shapes(): {
  readonly project: object;
  readonly manifest: object;
  readonly scenario: object;
  readonly definitions: Readonly<Record<string, object>>;
};
`;

const vocabularyDeclaration = `${notice}
/** The schemas; those of project and manifest share their definitions. Treat it as frozen. */
export declare function vocabulary(): {
  readonly project: object;
  readonly manifest: object;
  readonly scenario: object;
  readonly definitions: Readonly<Record<string, object>>;
  /** Names of the definitions that a manifest needs. */
  readonly manifestDefinitions: readonly string[];
  readonly scenarioDefinitions: Readonly<Record<string, object>>;
};
`;

writeOrCheck({
  'schemas/project.schema.json': json(project),
  'schemas/manifest.schema.json': json(manifest),
  'schemas/scenario.schema.json': json(scenario),
  'src/manifest/generated/written.ts': await types(),
  'src/manifest/generated/validators.mjs': validators(),
  'src/manifest/generated/validators.d.mts': declaration,
  'src/manifest/generated/shapes.mjs': shapes(),
  'src/manifest/generated/shapes.d.mts': shapesDeclaration,
  'src/manifest/generated/vocabulary.mjs': vocabulary(),
  'src/manifest/generated/vocabulary.d.mts': vocabularyDeclaration,
});
