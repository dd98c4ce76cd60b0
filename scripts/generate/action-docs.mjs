// Writes the tables of inputs and outputs in docs/action.md from action.yml, so that the page cannot lag behind it.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { writeOrCheck } from '../generated-files.mjs';
import { root } from '../packages.mjs';

const action = parse(readFileSync(path.join(root, 'action.yml'), 'utf8'));
const page = readFileSync(path.join(root, 'docs', 'action.md'), 'utf8');

const inputs = Object.entries(action.inputs).map(
  ([name, { description, default: value }]) => `| \`${name}\` | ${cell(description)} | ${defaultText(value)} |`,
);
const outputs = Object.entries(action.outputs).map(
  ([name, { description }]) => `| \`${name}\` | ${cell(description)} |`,
);

writeOrCheck({
  'docs/action.md': withTable(
    withTable(page, 'inputs', ['| input | meaning | default |', '|---|---|---|', ...inputs]),
    'outputs',
    ['| output | meaning |', '|---|---|', ...outputs],
  ),
});

/** The page with what is between the marks of a table replaced. */
function withTable(text, name, lines) {
  const [start, end] = [`<!-- ${name} of action.yml: written by \`npm run generate\` -->`, `<!-- end of ${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/action.md has no place for the ${name} of action.yml`);
  return `${text.slice(0, from + start.length)}\n${lines.join('\n')}\n${text.slice(to)}`;
}

function defaultText(value) {
  return value === undefined ? '' : `\`${value}\``;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}
