// Modules of Node as the bundle imports them. An import statement makes Node read every property of such a module, which
// loads whatever stands behind them (readline and the history of the REPL behind `node:fs`), and loads it at once. So they
// are asked for instead: what Node has loaded anyway at the start, the rest with the first call.

import { readFileSync } from 'node:fs';
import { builtinModules, isBuiltin } from 'node:module';
import { promisify } from 'node:util';

const ASKED = '\0builtin:';
const ASKING = '\0builtins';

/** Node has these when a program begins. */
const loadedAnyway = ['buffer', 'events', 'fs', 'path', 'timers', 'url', 'util'];

/** Of these our own code uses the whole; it is at hand, or needed at each start. */
const asDefault = ['crypto', 'path'];

export const askedBuiltins = {
  name: 'asked-builtins',
  resolveId(source, importer, { kind }) {
    if (source === ASKING) return source;
    if (!isBuiltin(source)) return null;
    const name = source.replace(/^node:/, '');
    if (kind === 'import-statement' && builtinModules.includes(name) && !isLeftTo(importer, source))
      return ASKED + name;
    return { id: `node:${name}`, external: true };
  },
  async load(id) {
    // Node 20.15 and older have no `getBuiltinModule`.
    if (id === ASKING)
      return `import { createRequire } from 'node:module';
export const builtin = process.getBuiltinModule ?? createRequire(import.meta.url);`;
    return id.startsWith(ASKED) ? standIn(id.slice(ASKED.length)) : null;
  },
};

/** Whether it is left to Node: of who hands such a module on as a whole, and of libraries that come late anyway. */
function isLeftTo(importer, source) {
  if (importer === undefined || importer.startsWith('\0')) return true;
  if (/[\\/]node_modules[\\/]/.test(importer)) return !/[\\/]@actions[\\/](core|github)[\\/]/.test(importer);
  const asWhole = asDefault.includes(source.replace(/^node:/, '')) ? '\\*' : '(\\*|\\w)';
  return new RegExp(`import\\s+${asWhole}[^;'"{]*['"]${source}['"]`).test(readFileSync(importer, 'utf8'));
}

/** A module with the exports of one of Node's. */
async function standIn(name) {
  const { default: _, ...exports } = await import(`node:${name}`);
  const isAtHand = loadedAnyway.includes(name);
  const named = Object.entries(exports).filter(([key]) => /^[\w$]+$/.test(key));
  const lines = named.map(([key, value]) => {
    // Classes, values and functions of which more is asked than a call: who imports one at the start loads the module then.
    const isOnlyCalled = typeof value === 'function' && /^[a-z]/.test(key) && value[promisify.custom] === undefined;
    return isOnlyCalled && !isAtHand
      ? `export function ${key}(...args) { return $all().${key}(...args); }`
      : `export const ${key} = /* @__PURE__ */ $get(${JSON.stringify(key)});`;
  });
  return `import { builtin } from ${JSON.stringify(ASKING)};
let $module;
const $all = () => ($module ??= builtin('node:${name}'));
const $get = (key) => $all()[key];
${asDefault.includes(name) ? 'export default /* @__PURE__ */ $all();' : ''}
${lines.join('\n')}`;
}
