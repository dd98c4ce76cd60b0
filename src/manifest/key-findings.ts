import { nearestWord } from '../base/nearest.ts';
import { dagsterSections, idleDagsterKeys, placesOfDagster } from './dagster-keys.ts';
import { engineTags } from './engine-tags.ts';
import { type Finding, isObject, keyName, type Place } from './finding.ts';
import { otherWords, plannedKeys } from './planned-keys.ts';
import { definitionNames, definitionOf, nounsOf, rootOf, type Schema } from './schema.ts';

/** A key that the schema does not have: planned, misspelt, another tool's word, or of another place. */
export function unknownKey(
  key: string,
  value: unknown,
  schema: Schema,
  at: Place,
): { finding: Finding; suggestion?: string } {
  const base = { pointer: at.pointer, at: 'key', remove: at.pointer } as const;
  const planned = plannedKeys[at.definition ?? ''] ?? [];
  if (planned.includes(key)) {
    const message = `\`${key}\` is planned but this version does not obey it yet; remove it`;
    return { finding: { code: 'planned-key', message, ...base } };
  }
  const foreign = dagsterKey(key, at);
  if (foreign) return { finding: { ...foreign, ...base } };
  const known = Object.keys(schema.properties ?? {});
  const nouns = nounsOf(isOwnMapping(schema, at) ? at.definition : undefined);
  const subject =
    nouns.one === 'this mapping'
      ? `${keyName({ ...at, pointer: at.pointer.slice(0, -1) })} has`
      : nouns.one === nouns.many
        ? `${nouns.one} has`
        : `${nouns.many} have`;
  const message = `${subject} no key \`${key}\``;
  const finding = (more: string, help?: string): Finding => ({
    code: 'unknown-key',
    message: `${message}${more}`,
    ...(help ? { help } : {}),
    ...base,
  });
  if (key === 'on' && at.definition !== 'RetryPolicy') {
    return { finding: finding('', '`on` is never a key of Branchline: when things run is said by `schedules`') };
  }
  if (key === '<<') {
    return {
      finding: finding('', 'manifests have no merge keys: use `defaults` or a group for what several assets share'),
    };
  }
  if (/\s/.test(key)) {
    return { finding: finding('', 'if this is text behind a comma or a colon, put the whole text into quotes') };
  }
  const tooDeep = indentedTooDeep(value, schema, at);
  if (tooDeep) return { finding: { ...finding(''), ...tooDeep } };
  const near = nearestWord(key, [...known, ...planned]) ?? beginning(key, known);
  if (near) {
    const isPlanned = !known.includes(near);
    const note = isPlanned ? `\`${near}\` is planned, but this version does not obey it yet; remove it` : undefined;
    return { finding: finding(`; did you mean \`${near}\`?`, note), suggestion: near };
  }
  const word = Object.hasOwn(otherWords, key) ? otherWords[key]! : undefined;
  if (word && known.includes(word)) return { finding: finding(`; here it is called \`${word}\``), suggestion: word };
  return { finding: finding('', elsewhere(key, at) ?? keyList(known)) };
}

/**
 * Another thing of the same kind that stands below this one in place of beside it (`marts/orders` among the keys of
 * `raw/orders`), or a section of the file that stands among the things of another one (`jobs` among the assets).
 */
function indentedTooDeep(
  value: unknown,
  schema: Schema,
  at: Place,
): Pick<Finding, 'help' | 'moveBeside' | 'moveElse'> | undefined {
  const [section, name, ...rest] = at.pointer;
  if (!isObject(value) || typeof name !== 'string' || !isOwnMapping(schema, at)) return undefined;
  if (rest.length === 1 && SECTIONS.has(name) && SECTIONS.has(String(section)))
    return {
      help: `\`${name}\` looks like a section that is indented one level too deep`,
      moveBeside: [section!],
      // `checks` and `partitions` are keys of an asset as well.
      ...(Object.hasOwn(schema.properties ?? {}, name)
        ? { moveElse: `If it is a key of ${nounsOf(at.definition).one} above it, move it to the right instead` }
        : {}),
    };
  const known = Object.keys(value).filter((key) => Object.hasOwn(schema.properties ?? {}, key));
  const odd = Object.entries(value).filter(([key, below]) => !known.includes(key) && !isObject(below));
  const nouns = nounsOf(at.definition);
  if (known.length === 0 || odd.length > 0 || nouns.one === nouns.many) return undefined;
  return {
    help: `it looks like ${nouns.one} that is indented one level too deep`,
    moveBeside: at.pointer.slice(0, -1),
  };
}

/** Mappings of names at the top of a file. */
const SECTIONS: ReadonlySet<string> = new Set([
  'assets',
  'multi_assets',
  'multi_checks',
  'checks',
  'jobs',
  'schedules',
  'selections',
  'exposures',
  'partitions',
  'groups',
  'connections',
  'runners',
]);

/** A key that Dagster has at this place: one that does nothing here, or a section that does not belong here. */
function dagsterKey(key: string, at: Place): Pick<Finding, 'code' | 'severity' | 'message' | 'help'> | undefined {
  const idle = idleDagsterKeys[at.definition ?? ''] ?? {};
  if (Object.hasOwn(idle, key)) {
    const message = `\`${key}\` does nothing here: ${idle[key]}`;
    return { code: 'key-without-effect', severity: 'warning', message, help: 'remove it' };
  }
  if (at.definition !== 'Project' || at.pointer.length > 1 || !Object.hasOwn(dagsterSections, key)) return undefined;
  return {
    code: 'unknown-key',
    message: `\`${key}\` is a section of a dagster.yaml that Branchline does not have`,
    help: dagsterSections[key]!,
  };
}

/** `prod`, `desc`: the beginning of exactly one key. */
function beginning(key: string, known: readonly string[]): string | undefined {
  const found = known.filter((each) => each.startsWith(key));
  return key.length >= 3 && found.length === 1 ? found[0] : undefined;
}

/** Whether the keys are those of the definition itself and not of a mapping written inside of it. */
function isOwnMapping(schema: Schema, at: Place): boolean {
  if (at.definition === 'Project' || at.definition === 'Manifest' || at.definition === 'Scenario')
    return at.pointer.length === 1;
  return at.definition !== undefined && definitionOf(at.definition).properties === schema.properties;
}

/** The key exists, but for other things. */
function elsewhere(key: string, at: Place): string | undefined {
  if (at.definition === 'RetryPolicy' && key === 'on')
    return 'which failures are repeated is said by `classes`, for example `classes: [timeout, crash]`';
  if (at.definition === 'PoolSettings')
    return `the limit of one pool stands at the top of branchline.yaml: \`pools: { ${key}: 1 }\``;
  const isProjectKey = Object.hasOwn(rootOf('project').properties!, key);
  if (at.definition === 'Manifest' && at.pointer.length === 1 && isProjectKey) {
    return `\`${key}\` belongs into branchline.yaml`;
  }
  const homes = definitionNames().filter(
    (name) => name !== at.definition && Object.hasOwn(definitionOf(name).properties ?? {}, key),
  );
  const nouns = [...new Set(homes.map((name) => nounsOf(name).many))];
  if (at.definition === 'Scenario') return withinScenario(key);
  if (isProjectKey && nouns.length === 0) return `\`${key}\` stands at the top of the file: is it indented too far?`;
  if (nouns.length === 0) return Object.hasOwn(placesOfDagster, key) ? placesOfDagster[key] : undefined;
  const list = nouns.length > 3 ? `${nouns.slice(0, 3).join(', ')} and others` : nouns.join(' and ');
  return `\`${key}\` is a key of ${list}`;
}

/** The key of a scenario that has it below itself: `runners` stands below `github`. */
function withinScenario(key: string): string | undefined {
  const homes = Object.entries(rootOf('scenario').properties ?? {}).flatMap(([name, { $ref }]) => {
    const definition = $ref === undefined ? undefined : definitionOf($ref.slice('#/definitions/'.length));
    return Object.hasOwn(definition?.properties ?? {}, key) ? [`\`${name}\``] : [];
  });
  return homes.length === 0 ? undefined : `\`${key}\` stands below ${homes.join(' or ')}`;
}

function keyList(known: readonly string[]): string {
  if (known.length === 0) return 'write `{}`';
  if (known.length > 14) return 'docs/manifests.md has every key with an example';
  return `known are ${known.map((key) => `\`${key}\``).join(', ')}`;
}

/** A tag of the engine's own name space. */
export function unknownTag(key: string, at: Place): Finding {
  const base = { pointer: at.pointer, at: 'key', remove: at.pointer } as const;
  const [prefix = '', ...rest] = key.split('/');
  const name = rest.join('/');
  if (key.trim() === '') return { code: 'bad-name', message: 'the name of a tag cannot be blank', ...base };
  const near = nearestWord(name, engineTags);
  return {
    code: 'unknown-key',
    message: `there is no tag \`${key}\`${near ? `; did you mean \`${prefix}/${near}\`?` : ''}`,
    help: `tags that begin with \`branchline/\` belong to the engine, which knows ${engineTags.map((each) => `\`${each}\``).join(', ')}; name yours without it`,
    ...base,
  };
}
