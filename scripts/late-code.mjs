// Code that most starts never run, in files of its own that are read with the first call into them. What is called in
// core code has to answer at once, so `import()` is no way: the importer gets a function that reads the file (CommonJS,
// at once) and hands the call on. Modules exist once: a late file is given the modules that the start has loaded.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { rolldown } from 'rolldown';
import { parseAst } from 'rolldown/parseAst';
import { minify } from 'rolldown/utils';

const STUB = '\0late:';
const GROUP = '\0late-group:';

/**
 * Plans which modules are late. `groups` names, by group, the modules through which the rest enters it; what only these
 * reach is late with them. A later group may use what an earlier one holds, and loads it first. `begins`: with what starts
 * begin, beside the entries.
 */
export async function planLate({ root, groups, input, begins, options }) {
  const graph = await readGraph({ input, options });
  const groupOf = new Map();
  for (const [group, files] of Object.entries(groups))
    for (const file of files) if (existsSync(path.join(root, file))) groupOf.set(path.join(root, file), group);
  const doors = new Set(groupOf.keys());
  for (const id of doors)
    if (!graph.has(id)) throw new Error(`${path.relative(root, id)} is listed as late, and nothing imports it`);
  // What late code loads with `import()` is as early as anything else: it stands in a chunk of its own.
  const starts = new Set(Object.values(input).map((file) => path.join(root, file)));
  // A library that no start loads is had twice rather than loaded by all for the sake of late code.
  const begun = reach(
    graph,
    [...Object.values(input), ...begins].map((file) => path.join(root, file)),
    (id) => doors.has(id),
    false,
  );
  const isApart = (id) => /[\\/]node_modules[\\/]/.test(id) && !begun.has(id);
  for (;;) {
    const early = reach(graph, starts, (id) => doors.has(id), true);
    const members = new Map();
    for (const group of Object.keys(groups)) {
      const own = [...doors].filter((id) => groupOf.get(id) === group);
      const isElsewhere = (id) =>
        (early.has(id) && !isApart(id)) || members.has(id) || (doors.has(id) && groupOf.get(id) !== group);
      for (const id of reach(graph, own, isElsewhere, false)) members.set(id, group);
    }
    const before = starts.size;
    for (const id of members.keys()) for (const asked of graph.get(id).dynamic) starts.add(asked);
    if (starts.size === before) return { root, groups: Object.keys(groups), doors, members, options };
  }
}

async function readGraph({ input, options }) {
  const graph = new Map();
  const collect = {
    name: 'collect-graph',
    moduleParsed: ({ id, importedIds, dynamicallyImportedIds }) => {
      graph.set(id, { static: [...importedIds], dynamic: [...dynamicallyImportedIds] });
    },
  };
  const bundle = await rolldown({ ...options, input, plugins: [...options.plugins, collect] });
  try {
    await bundle.generate({ format: 'esm' });
  } finally {
    await bundle.close();
  }
  return graph;
}

function reach(graph, from, isClosed, withDynamic) {
  const open = [...from];
  const found = new Set();
  while (open.length > 0) {
    const id = open.pop();
    const module = graph.get(id);
    if (found.has(id) || isClosed(id) || module === undefined) continue;
    found.add(id);
    open.push(...module.static, ...(withDynamic ? module.dynamic : []));
  }
  return found;
}

/**
 * Writes a file for each group into `folder` and yields the plugin by which the start asks for them, with the names of
 * the files and of the modules in them.
 */
export async function writeLate(plan, folder, rewrite) {
  const shapes = new Map();
  const shapeOf = (id) => {
    if (!shapes.has(id)) shapes.set(id, readShape(id));
    return shapes.get(id);
  };
  const made = new Map();
  for (const group of plan.groups) {
    const built = await buildGroup(plan, group, shapeOf);
    const code = rewrite((await minify(`${group}.cjs`, wrapped(built.code), { mangle: { toplevel: true } })).code);
    const file = `late-${group}-${createHash('sha256').update(code).digest('hex').slice(0, 8)}.cjs`;
    writeFileSync(path.join(folder, file), code);
    made.set(group, { ...built, file });
  }
  return {
    plugin: pluginOf(plan, made, shapeOf),
    files: [...made.values()].map(({ file }) => file),
    modules: [...plan.members.keys()],
  };
}

/** What the group's file is given, is called with once: it fills `exports`. */
function wrapped(code) {
  return `module.exports=(require,exports)=>{${code}\n}`;
}

const byText = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
const IMPORT_CALL = /\bimport\((['"])([^'"]+)\1\)/g;
const nameIn = (plan, id) => path.relative(plan.root, id).split(path.sep).join('/');
/** How a module's export is called in the file of its group. */
const exportName = (plan, id, name) => `${nameIn(plan, id).replace(/[^A-Za-z0-9]/g, '_')}$${name}`;

async function buildGroup(plan, group, shapeOf) {
  const own = new Set([...plan.members].filter(([, name]) => name === group).map(([id]) => id));
  const given = new Map();
  const asked = new Set();
  const entry = `${GROUP}entry`;
  const inGroup = {
    name: 'late-group',
    async resolveId(source, importer, { kind }) {
      if (source === entry) return entry;
      if (source === '#import') return { id: source, external: true };
      if (source.startsWith('\0') || source.startsWith('node:')) return null;
      const resolved = await this.resolve(source, importer, { skipSelf: true });
      if (!resolved || resolved.external || own.has(resolved.id)) return resolved;
      const id = `#${nameIn(plan, resolved.id)}`;
      if (kind === 'dynamic-import') throw new Error(`${importer} is late and imports ${source} in an unknown way`);
      if (!given.has(id)) given.set(id, { id: resolved.id, names: new Set() });
      for (const name of namesOf(source, importer)) given.get(id).names.add(name);
      return { id, external: true };
    },
    load: (id) => (id === entry ? [...own].flatMap((each) => linesOf(each)).join('\n') : null),
    /** `import()` is asked of the start, which knows in which chunk a module is. */
    async transform(code, id) {
      if (!isOwnSource(plan, id)) return null;
      let text = code;
      for (const [call, , source] of code.matchAll(IMPORT_CALL)) {
        const target = await this.resolve(source, id);
        if (target === null || target.external) continue;
        asked.add(target.id);
        text = text.replace(call, `require('#import')(${JSON.stringify(nameIn(plan, target.id))})`);
      }
      return text === code ? null : text;
    },
  };
  /** What a module imports of another; of libraries nobody looks, they get it whole. */
  const namesOf = (source, importer) =>
    isOwnSource(plan, importer)
      ? shapeOf(importer).imports.flatMap((each) => (each.source === source ? each.names : []))
      : ['*'];
  const linesOf = (id) => {
    if (!isOwnSource(plan, id)) return [];
    const names = shapeOf(id).exports.map(({ name }) => `${name} as ${exportName(plan, id, name)}`);
    return names.length === 0 ? [] : [`export { ${names.join(', ')} } from ${JSON.stringify(id)};`];
  };
  const bundle = await rolldown({
    ...plan.options,
    input: { [group]: entry },
    plugins: [inGroup, ...plan.options.plugins],
  });
  try {
    const { output } = await bundle.generate({
      format: 'cjs',
      exports: 'named',
      comments: false,
      codeSplitting: false,
    });
    const sorted = [...given].sort(([a], [b]) => byText(a, b));
    return { code: output[0].code, given: sorted, asked: [...asked].sort(byText) };
  } finally {
    await bundle.close();
  }
}

const isOwnSource = (plan, id) => id.startsWith(path.join(plan.root, 'src') + path.sep);

function pluginOf(plan, made, shapeOf) {
  return {
    name: 'late-code',
    resolveId(source, importer) {
      if (source.startsWith(GROUP) || source.startsWith(STUB)) return source;
      if (!source.startsWith('.') || importer === undefined) return null;
      const id = path.resolve(path.dirname(importer), source);
      return plan.doors.has(id) ? STUB + id : null;
    },
    load(id) {
      if (id.startsWith(STUB)) return stubOf(plan, id.slice(STUB.length), shapeOf);
      if (id.startsWith(GROUP)) return hostOf(plan, made, id.slice(GROUP.length));
      return null;
    },
  };
}

/** Functions that hand their call on, and plain numbers and texts. Whatever else is exported cannot be had from outside. */
function stubOf(plan, id, shapeOf) {
  const lines = shapeOf(id).exports.flatMap(({ name, params, literal }) => {
    if (literal !== undefined) return [`export const ${name} = ${literal};`];
    if (params === undefined) return [];
    const list = params === 'rest' ? '...a' : Array.from({ length: params }, (_, index) => `a${index}`).join(',');
    return [`export function ${name}(${list}) { return late().${exportName(plan, id, name)}(${list}); }`];
  });
  return [`import { late } from ${JSON.stringify(GROUP + plan.members.get(id))};`, ...lines].join('\n');
}

/** Whether it is the module that reads a group's file. */
export const isHost = (id) => id.startsWith(GROUP);

/** What a group's file is given, and how it is read. */
function hostOf(plan, made, group) {
  const { given, asked, file } = made.get(group);
  const lines = ["import { createRequire } from 'node:module';"];
  const before = new Set();
  const objects = given.map(([external, { id, names: wanted }], index) => {
    const holder = plan.members.get(id);
    const isHeld = holder !== undefined && holder !== group && !plan.doors.has(id);
    if (isHeld) before.add(holder);
    const names = [...wanted].sort(byText);
    const source = JSON.stringify(plan.doors.has(id) ? STUB + id : id);
    if (names.includes('*')) {
      if (isHeld) throw new Error(`${id} is imported as a whole by a later group`);
      lines.push(`import * as m${index} from ${source};`);
      return `${JSON.stringify(external)}: m${index}`;
    }
    const fields = names.map((name, at) => {
      if (isHeld) return `${name}: ${holder}().${exportName(plan, id, name)}`;
      lines.push(`import { ${name} as m${index}_${at} } from ${source};`);
      return `${name}: m${index}_${at}`;
    });
    return `${JSON.stringify(external)}: { ${['__esModule: true', ...fields].join(', ')} }`;
  });
  for (const name of before) lines.push(`import { late as ${name} } from ${JSON.stringify(GROUP + name)};`);
  const imports = asked.map((id) => `${JSON.stringify(nameIn(plan, id))}: () => import(${JSON.stringify(id)})`);
  return `${lines.join('\n')}
let loaded;
export const late = () => (loaded ??= read());
function read() {
  const imports = { ${imports.join(', ')} };
  const given = { '#import': (name) => imports[name](), ${objects.join(', ')} };
  const required = createRequire(import.meta.filename);
  const held = {};
  required('./${file}')((id) => given[id] ?? required(id), held);
  return held;
}`;
}

/** What a module imports and exports; of functions, how many parameters they take; of plain values, their text. */
function readShape(id) {
  const { body } = parseAst(readFileSync(id, 'utf8'), { lang: id.endsWith('.ts') ? 'ts' : 'js' }, id);
  const exports = [];
  const imports = [];
  for (const node of body) {
    if (node.type === 'ImportDeclaration' && node.importKind !== 'type') {
      const names = node.specifiers.filter((each) => each.importKind !== 'type').map(importedName);
      imports.push({ source: node.source.value, names });
    }
    if (node.type !== 'ExportNamedDeclaration' || node.exportKind === 'type') continue;
    if (node.source) {
      const names = node.specifiers.filter((each) => each.exportKind !== 'type');
      imports.push({ source: node.source.value, names: names.map(({ local }) => local.name ?? local.value) });
      exports.push(...names.map(({ exported }) => ({ name: exported.name ?? exported.value })));
    } else exports.push(...declared(node));
  }
  const unique = new Map(exports.map((each) => [each.name, each]));
  return { exports: [...unique.values()], imports };
}

function importedName(specifier) {
  if (specifier.type === 'ImportNamespaceSpecifier') return '*';
  if (specifier.type === 'ImportDefaultSpecifier') return 'default';
  return specifier.imported.name ?? specifier.imported.value;
}

function declared({ declaration, specifiers }) {
  if (!declaration)
    return specifiers.filter((each) => each.exportKind !== 'type').map(({ exported }) => ({ name: exported.name }));
  switch (declaration.type) {
    case 'FunctionDeclaration':
      return [{ name: declaration.id.name, params: paramsOf(declaration) }];
    case 'ClassDeclaration':
      return [{ name: declaration.id.name }];
    case 'VariableDeclaration':
      return declaration.declarations.map(({ id, init }) => ({ name: id.name, ...shapeOfValue(init) }));
    default:
      return [];
  }
}

function shapeOfValue(init) {
  if (init?.type === 'ArrowFunctionExpression') return { params: paramsOf(init) };
  return init?.type === 'Literal' && init.raw !== undefined ? { literal: init.raw } : {};
}

function paramsOf({ params }) {
  return params.at(-1)?.type === 'RestElement' ? 'rest' : params.length;
}
