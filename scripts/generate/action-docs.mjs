// Writes the tables of inputs and outputs in docs/action.md from action.yml, so that the page cannot lag behind it.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { writeOrCheck } from '../generated-files.mjs';
import { root } from '../packages.mjs';

const fanOut = ['plan', 'execute', 'finalize'].reduce(
  (page, stage) =>
    withTables(page, parse(readFileSync(path.join(root, stage, 'action.yml'), 'utf8')), `${stage}/action.yml`),
  readFileSync(path.join(root, 'docs', 'fan-out.md'), 'utf8'),
);
const action = parse(readFileSync(path.join(root, 'action.yml'), 'utf8'));
const page = readFileSync(path.join(root, 'docs', 'action.md'), 'utf8');

writeOrCheck({ 'docs/action.md': withTables(page, action, 'action.yml'), 'docs/fan-out.md': fanOut });

/** The page with the tables of inputs and outputs of an action. */
function withTables(text, { inputs, outputs }, file) {
  const given = Object.entries(inputs).map(
    ([name, { description, default: value }]) => `| \`${name}\` | ${cell(description)} | ${defaultText(value)} |`,
  );
  const results = Object.entries(outputs).map(([name, { description }]) => `| \`${name}\` | ${cell(description)} |`);
  return withTable(
    withTable(text, `inputs of ${file}`, ['| input | meaning | default |', '|---|---|---|', ...given]),
    `outputs of ${file}`,
    ['| output | meaning |', '|---|---|', ...results],
  );
}

/** The page with what is between the marks of a table replaced. */
function withTable(text, name, lines) {
  const [start, end] = [`<!-- ${name}: written by \`npm run generate\` -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`no page has a place for the ${name}`);
  return `${text.slice(0, from + start.length)}\n${lines.join('\n')}\n${text.slice(to)}`;
}

function defaultText(value) {
  return value === undefined ? '' : `\`${value}\``;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}
