// Writes docs/cli.md from the commands themselves, so that the page cannot lag behind them.

import { buildProgram } from '../../src/cli/program.ts';
import { writeOrCheck } from '../generated-files.mjs';

/** What every command has; said once, at the top of the page. */
const shared = new Set(['--project', '--json', '--help']);

const program = buildProgram(() => {});
const commands = leaves(program, '');

writeOrCheck({
  'docs/cli.md': `<!-- Generated from src/cli/program.ts by \`npm run generate\`. Do not edit. -->

# Commands

${program.description()}

Every command takes \`--project <dir>\` (the folder with \`branchline.yaml\`; default: the nearest one at or above the current folder), \`--json\` (one versioned JSON document on standard output: [json.md](json.md)) and \`--help\`. \`branchline --version\` prints the version. [Exit codes](exit-codes.md).

| command | what it does |
|---|---|
${commands.map(({ path, command }) => `| [\`${path}\`](#${anchor(path)}) | ${cell(command.description())} |`).join('\n')}

${commands.map(section).join('\n')}`,
});

function leaves(command, path) {
  return command.commands.flatMap((child) => {
    const own = path === '' ? child.name() : `${path} ${child.name()}`;
    return child.commands.length > 0 ? leaves(child, own) : [{ path: own, command: child }];
  });
}

function section({ path, command }) {
  const args = command.registeredArguments.map((argument) => {
    const name = argument.required ? `<${argument.name()}>` : `[${argument.name()}]`;
    return { name, text: withDefault(argument.description, argument.defaultValue) };
  });
  const options = command.options
    .filter((option) => !shared.has(option.long) && !option.hidden)
    .map((option) => ({ name: option.flags, text: withDefault(choices(option), option.defaultValue) }));
  const usage = ['branchline', path, ...args.map(({ name }) => name), ...(options.length > 0 ? ['[options]'] : [])];
  const rows = [...args, ...options].map(({ name, text }) => `| \`${cell(name)}\` | ${cell(text)} |`);
  const table = rows.length > 0 ? `\n| argument or option | meaning |\n|---|---|\n${rows.join('\n')}\n` : '';
  return `## ${path}

${sentence(command.description())} Example: \`${exampleOf(command)}\`

\`\`\`text
${usage.join(' ')}
\`\`\`
${table}`;
}

function choices(option) {
  return option.argChoices === undefined
    ? option.description
    : `${option.description}: ${option.argChoices.map((word) => `\`${word}\``).join(', ')}`;
}

function withDefault(text, value) {
  return value === undefined || value === false ? text : `${text} (default \`${value}\`)`;
}

/** The example that the command's help ends with. */
function exampleOf(command) {
  let text = '';
  command.configureOutput({
    writeOut: (part) => {
      text += part;
    },
  });
  command.outputHelp();
  return text.trimEnd().split('\n').at(-1).trim();
}

function sentence(text) {
  return `${text[0].toUpperCase()}${text.slice(1)}.`;
}

function cell(text) {
  return text.replaceAll('|', '\\|');
}

function anchor(path) {
  return path.replaceAll(' ', '-');
}
