import { sha256 } from '../base/digest.ts';
import type { Relation } from '../model/project.ts';

/** What the copy's name ends in, that checks judge before it takes the asset's name. */
export const AUDIT_SUFFIX = '__branchline_audit';

/** Postgres cuts names silently after 63 bytes; two names that agree so far would be one. */
const NAME_BYTES_MAX = 63;

/** The relation that an asset is built in before publication: same schema, and a name that no other asset's copy has. */
export function auditRelation(relation: Relation): Relation {
  return { ...relation, name: suffixed(relation.name, AUDIT_SUFFIX) };
}

/** What the names of temporary views over files begin with. */
export const FILE_VIEW_PREFIX = 'branchline_file_';

/** The name of a temporary view over the files of an asset, by anything that names them. */
export function fileViewName(label: string): string {
  return FILE_VIEW_PREFIX + sha256(label).slice(0, 16);
}

function suffixed(name: string, suffix: string): string {
  const room = NAME_BYTES_MAX - suffix.length;
  if (utf8Length(name) <= room) return name + suffix;
  const digest = `_${sha256(name).slice(0, 12)}`;
  let head = name;
  while (utf8Length(head) > room - digest.length) head = head.slice(0, -1);
  return head + digest + suffix;
}

function utf8Length(text: string): number {
  let bytes = 0;
  for (const char of text) {
    const code = char.codePointAt(0)!;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** The database's limit on names, as a sentence, or undefined when the name fits. Only Postgres has one. */
export function nameProblem(relation: Relation): string | undefined {
  for (const name of [relation.schema ?? '', relation.name]) {
    const bytes = utf8Length(name);
    if (bytes > NAME_BYTES_MAX)
      return `the name ${name} has ${bytes} bytes; Postgres takes ${NAME_BYTES_MAX}: give the asset a shorter \`relation\``;
  }
  return undefined;
}
