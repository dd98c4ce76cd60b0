// Writes docs/manifests.md, the reference of every key, from the schemas.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { writeOrCheck } from '../generated-files.mjs';
import { root } from '../packages.mjs';

const project = JSON.parse(readFileSync(path.join(root, 'schemas', 'project.schema.json'), 'utf8'));
const manifest = JSON.parse(readFileSync(path.join(root, 'schemas', 'manifest.schema.json'), 'utf8'));
const { definitions } = project;

/** Sections in reading order: heading and, where the definition is no section of its own, which keys it has. */
const sections = [
  ['Asset', 'Asset'],
  ['Column', 'Column'],
  ['Check', 'Check'],
  ['Range', 'Range'],
  ['Relationships', 'Relationships'],
  ['Defaults', 'Defaults'],
  ['Group', 'Group'],
  ['CheckDefaults', 'Check defaults'],
  ['MultiAsset', 'Multi-asset'],
  ['Spec', 'Spec of a multi-asset'],
  ['Factory', 'Check factory'],
  ['MultiCheck', 'Multi-check'],
  ['MultiCheckSpec', 'Spec of a multi-check'],
  ['RetryPolicy', 'Retry policy'],
  ['Partitions', 'Partitions'],
  ['Dimension', 'Dimension'],
  ['HourlyPartitions', 'Hourly partitions'],
  ['DailyPartitions', 'Daily partitions'],
  ['WeeklyPartitions', 'Weekly partitions'],
  ['MonthlyPartitions', 'Monthly partitions'],
  ['CronPartitions', 'Cron partitions'],
  ['PartitionMapping', 'Partition mapping'],
  ['TimeWindowMapping', 'Time window mapping'],
  ['BackfillPolicy', 'Backfill policy'],
  ['MultiRunPolicy', 'Multi-run policy'],
  ['Automation', 'Automation'],
  ['CronAutomation', 'Cron automation'],
  ['Job', 'Job'],
  ['Schedule', 'Schedule'],
  ['Selection', 'Selection'],
  ['Exposure', 'Exposure'],
  ['DuckdbConnection', 'DuckDB connection'],
  ['PostgresConnection', 'Postgres connection'],
  ['Environments', 'Environments'],
  ['ProductionEnvironment', 'Production environment'],
  ['LocalEnvironment', 'Local environment'],
  ['ConnectionOverride', 'Connection of an environment'],
  ['RunQueue', 'Run queue'],
  ['TagLimit', 'Tag limit'],
  ['UniqueValue', 'Unique value'],
  ['RunRetries', 'Run retries'],
  ['RunMonitoring', 'Run monitoring'],
  ['Runner', 'Runner'],
  ['RunnerContainer', 'Container of a runner'],
  ['Concurrency', 'Concurrency'],
  ['PoolSettings', 'Pool settings'],
  ['BlockLimitedRuns', 'Runs whose pools are full'],
  ['State', 'State'],
  ['Storage', 'Storage'],
];
const headings = new Map(sections);
const unlisted = Object.keys(definitions).filter(
  (name) => !headings.has(name) && !['Connection', 'Json'].includes(name),
);
if (unlisted.length > 0) throw new Error(`no section in docs/manifests.md for ${unlisted.join(', ')}`);

const link = (name) => {
  if (name === 'Json') return 'any value';
  if (name === 'Connection') return `${link('DuckdbConnection')} or ${link('PostgresConnection')}`;
  return `[${headings.get(name).toLowerCase()}](#${headings.get(name).toLowerCase().replaceAll(' ', '-')})`;
};

function typeText(schema) {
  if (schema.$ref) return link(schema.$ref.replace('#/definitions/', ''));
  if (schema.anyOf) {
    const branches = schema.anyOf.filter((branch) => branch.type !== 'null');
    return branches.map((branch) => (branch.properties ? mappingText(branch) : typeText(branch))).join(' or ');
  }
  if (schema.enum)
    return schema.enum
      .filter((word) => word !== null)
      .map((word) => `\`${word}\``)
      .join(', ');
  const words = { string: 'text', integer: 'whole number', number: 'number', boolean: '`true` or `false`' };
  const types = [schema.type].flat().filter((type) => type !== 'null');
  return types
    .map((type) =>
      type === 'array'
        ? `list of ${typeText(schema.items)}`
        : type === 'object'
          ? mappingText(schema)
          : (type === 'string' && textKind(schema)) || words[type],
    )
    .join(' or ');
}

function textKind(schema) {
  if (schema.patternErrorMessage?.startsWith('a duration')) return 'duration';
  if (schema.patternErrorMessage?.startsWith('a bound')) return 'bound';
  return undefined;
}

function mappingText(schema) {
  if (schema.properties) {
    const keys = Object.keys(schema.properties);
    return keys.length === 0 ? '`{}`' : `\`{${keys.join(', ')}}\``;
  }
  return `name → ${typeText(schema.additionalProperties)}`;
}

const plain = /^[A-Za-z_/.@][A-Za-z0-9_/.@+-]*( [A-Za-z0-9_/.-]+)*$/;
const flow = (value) => {
  if (typeof value === 'string')
    return plain.test(value) && !value.startsWith('@') && !/^(true|false|null|yes|no|on|off)$/i.test(value)
      ? value
      : JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(flow).join(', ')}]`;
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value).map(([name, member]) => `${flow(name)}: ${flow(member)}`);
    return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`;
  }
  return String(value);
};

// A bar would end the cell, also inside of code.
const cell = (text) => text.replaceAll('|', '\\|');

function table(definition, names = Object.keys(definition.properties)) {
  const rows = names.map((name) => {
    const schema = definition.properties[name];
    const needed = definition.required?.includes(name) ? ' **(required)**' : '';
    return `| \`${name}\`${needed} | ${cell(typeText(schema))} | ${cell(schema.description)} | \`${cell(`${name}: ${flow(schema.examples[0])}`)}\` |`;
  });
  return ['| key | value | meaning | example |', '|---|---|---|---|', ...rows].join('\n');
}

/** Defaults and groups are assets but for a few keys; saying that is shorter and clearer than saying all again. */
function section([name, heading]) {
  const definition = definitions[name];
  const { properties } = definitions.Asset;
  const isAssetLike = name === 'Defaults' || name === 'Group';
  if (!isAssetLike) return `## ${heading}\n\n${definition.description}\n\n${table(definition)}`;
  const own = Object.keys(definition.properties).filter(
    (key) => JSON.stringify(definition.properties[key]) !== JSON.stringify(properties[key]),
  );
  const lacking = Object.keys(properties).filter((key) => !(key in definition.properties));
  const except = lacking.length > 0 ? ` but ${lacking.map((key) => `\`${key}\``).join(', ')}` : '';
  return `## ${heading}\n\n${definition.description} Every key of an [asset](#asset)${except}; different are:\n\n${table(definition, own)}`;
}

const text = `<!-- Generated from schemas/ by \`npm run generate\`. Do not edit. -->

# Manifests: every key

A project is a \`branchline.yaml\` at the root of a repository, and the manifests that it names. A small project needs no other file: \`branchline.yaml\` may hold every key of a manifest as well. An editor with the schemas of \`schemas/\` shows this page key by key.

- Lists of named things are mappings from name to definition. An asset's name is its key, with \`/\` between segments.
- The nearest value wins: asset, then \`defaults\` of its manifest, then its group, then \`defaults\` of \`branchline.yaml\`. \`env\`, \`tags\`, \`metadata\` and \`checks\` merge by name; anything else is replaced whole. \`null\` takes an inherited value away.
- A duration is a whole number and \`s\`, \`m\`, \`h\` or \`d\`: \`90s\`, \`30m\`, \`2h\`, \`7d\`.
- A bound is a comparison in quotes: \`"> 10"\`, \`"<= 0.5%"\`, \`"not between 1 and 9"\`.
- An unknown key is an error, and so is a key that is planned but not obeyed yet: [diagnostics](diagnostics.md).

## Keys of branchline.yaml

${table(
  project,
  Object.keys(project.properties).filter((name) => !(name in manifest.properties)),
)}

## Keys of every manifest

${table(manifest)}

${sections.map(section).join('\n\n')}
`;

writeOrCheck({ 'docs/manifests.md': text });
