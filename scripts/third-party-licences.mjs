// The bundle contains other people's code, whose licences ask that their text goes with it.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * The licence text of every package with a module in the bundle, sorted by name, the same bytes on every machine.
 *
 * @param {string[]} modules paths of the bundled modules
 */
export function licenceTexts(modules) {
  const folders = new Set(modules.map((id) => packageFolder(id)).filter((folder) => folder !== undefined));
  const sections = [...folders].map((folder) => {
    const manifest = JSON.parse(readFileSync(path.join(folder, 'package.json'), 'utf8'));
    const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'see text'})`;
    return `${title}\n${'-'.repeat(title.length)}\n\n${licenceOf(folder, manifest)}\n`;
  });
  const intro = 'dist contains code of these packages, each under its own licence.\n\n';
  return intro + sections.sort((a, b) => (a < b ? -1 : 1)).join('\n');
}

function packageFolder(id) {
  const marker = `${path.sep}node_modules${path.sep}`;
  const at = id.lastIndexOf(marker);
  if (!path.isAbsolute(id) || at < 0) return undefined;
  const parts = id.slice(at + marker.length).split(path.sep);
  const name = parts[0]?.startsWith('@') ? path.join(parts[0], parts[1] ?? '') : parts[0];
  return path.join(id.slice(0, at + marker.length), name ?? '');
}

function licenceOf(folder, manifest) {
  const name = readdirSync(folder)
    .sort()
    .find((file) => /^(licen[cs]e|copying)/i.test(file));
  if (name !== undefined && existsSync(path.join(folder, name))) {
    return readFileSync(path.join(folder, name), 'utf8').replaceAll('\r\n', '\n').trim();
  }
  const author = typeof manifest.author === 'string' ? manifest.author : (manifest.author?.name ?? 'its authors');
  return `Copyright: ${author}. Licence: ${manifest.license}, as its package.json says; the package holds no further text.`;
}
