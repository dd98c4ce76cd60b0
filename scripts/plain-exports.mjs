// What a chunk hands out never changes once the chunk has run, but for variables that are assigned to later. The bundler
// writes a function for each, to be asked at every use: hundreds in one chunk, which V8 then keeps in a table that is slow to
// ask. As fields of one object they cost less to make, and V8 sees through them.

import { parseAst } from 'rolldown/parseAst';

const GETTER =
  /Object\.defineProperty\(exports, ("[^"]+"), \{\s*enumerable: true,\s*get: function \(\) \{\s*return ([\w$]+);\s*\}\s*\}\);/g;

export const plainExports = {
  name: 'plain-exports',
  renderChunk(code, chunk) {
    const found = [...code.matchAll(GETTER)];
    // Where a module is handed out as a whole, `exports` is spoken of otherwise too.
    if (chunk.isEntry || found.length === 0 || code.match(/(?<![.\w$])exports\b/g).length !== found.length) return null;
    const changing = assignedNames(parseAst(code, { sourceType: 'script' }));
    const fields = found.filter(([, , name]) => !changing.has(name)).map(([, key, name]) => `${key}: ${name}`);
    const kept = found.filter(([, , name]) => changing.has(name)).map(([text]) => text);
    return `${code.replace(GETTER, '')}\nexports = module.exports = { ${fields.join(', ')} };\n${kept.join('\n')}\n`;
  },
  generateBundle(_, bundle) {
    // A chunk that another one needs before it has run would hand out nothing.
    const importsOf = new Map(Object.values(bundle).map((chunk) => [chunk.fileName, chunk.imports ?? []]));
    const done = new Set();
    const walk = (file, above) => {
      if (above.includes(file)) throw new Error(`chunks import each other: ${[...above, file].join(' → ')}`);
      if (done.has(file)) return;
      for (const next of importsOf.get(file) ?? []) walk(next, [...above, file]);
      done.add(file);
    };
    for (const file of importsOf.keys()) walk(file, []);
  },
};

/** Names that anything is assigned to besides where they are declared, in whatever scope. */
function assignedNames(program) {
  const names = new Set();
  const open = [program.body];
  while (open.length > 0) {
    const node = open.pop();
    if (node === null || typeof node !== 'object') continue;
    if (node.type === 'AssignmentExpression') addNames(node.left, names);
    if (node.type === 'UpdateExpression') addNames(node.argument, names);
    if (node.type === 'ForInStatement' || node.type === 'ForOfStatement') addNames(node.left, names);
    open.push(...Object.values(node));
  }
  return names;
}

/** Names within what is assigned to. */
function addNames(target, names) {
  if (target === null || typeof target !== 'object' || target.type === 'MemberExpression') return;
  if (target.type === 'Identifier') names.add(target.name);
  else for (const value of Object.values(target)) addNames(value, names);
}
