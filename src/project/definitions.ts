import { byText } from '../base/order.ts';
import type { ManifestDocument } from '../manifest/document.ts';
import type {
  WrittenAsset,
  WrittenExposure,
  WrittenFactory,
  WrittenJob,
  WrittenManifest,
  WrittenMultiAsset,
  WrittenMultiCheck,
  WrittenPartitions,
  WrittenProject,
  WrittenSchedule,
  WrittenSelection,
  WrittenSpec,
} from '../manifest/generated/written.ts';
import { type Findings, keyOf, type Place, spanOf } from './findings.ts';

/** One named thing as written, with its place. */
export interface Definition<T> {
  readonly name: string;
  readonly value: T;
  readonly place: Place;
}

/** A multi-asset's spec, with the step that makes it. */
export interface SpecDefinition extends Definition<NonNullable<WrittenSpec>> {
  readonly multiAsset: string;
}

/** All that the manifests define, each name once; ordered by name, so that the order of files and keys is forgotten. */
export interface Definitions {
  readonly project: (ManifestDocument & { readonly kind: 'project' }) | undefined;
  readonly assets: ReadonlyMap<string, Definition<WrittenAsset>>;
  readonly multiAssets: ReadonlyMap<string, Definition<WrittenMultiAsset>>;
  readonly specs: ReadonlyMap<string, SpecDefinition>;
  readonly factories: ReadonlyMap<string, Definition<WrittenFactory>>;
  readonly multiChecks: ReadonlyMap<string, Definition<WrittenMultiCheck>>;
  readonly partitions: ReadonlyMap<string, Definition<WrittenPartitions>>;
  readonly jobs: ReadonlyMap<string, Definition<WrittenJob>>;
  readonly schedules: ReadonlyMap<string, Definition<WrittenSchedule>>;
  readonly selections: ReadonlyMap<string, Definition<WrittenSelection>>;
  readonly exposures: ReadonlyMap<string, Definition<WrittenExposure>>;
}

/** Collects the definitions of all documents. A name that is taken, also in another case, is an error at the later place. */
export function collectDefinitions(documents: readonly ManifestDocument[], findings: Findings): Definitions {
  const sorted = [...documents].sort((a, b) => byText(a.path, b.path));
  const project = sorted.find((document) => document.kind === 'project');
  const section = <K extends keyof WrittenManifest>(key: K): Definition<Item<K>>[] =>
    sorted.flatMap((document) => definitionsIn(document, key));
  const multiAssets = section('multi_assets');
  const specs = multiAssets.flatMap((definition) => specsOf(definition));
  const unique = uniqueNames(findings);
  const assetNames = unique('asset');
  const assets = assetNames(section('assets'));
  const takenSpecs = assetNames(specs);
  return {
    project,
    assets,
    specs: takenSpecs,
    multiAssets: assetNames(multiAssets),
    factories: unique('check factory')(section('checks')),
    multiChecks: unique('multi-check')(section('multi_checks')),
    partitions: unique('partitions')(section('partitions')),
    jobs: unique('job')(section('jobs')),
    schedules: unique('schedule')(section('schedules')),
    selections: unique('selection')(section('selections')),
    exposures: unique('exposure')(section('exposures')),
  };
}

type Item<K extends keyof WrittenManifest> =
  NonNullable<WrittenManifest[K]> extends Record<string, infer T> ? T : never;

function definitionsIn<K extends keyof WrittenManifest>(document: ManifestDocument, key: K): Definition<Item<K>>[] {
  const written = (document.value as WrittenProject & WrittenManifest)[key] as
    | Readonly<Record<string, Item<K>>>
    | undefined;
  return Object.keys(written ?? {})
    .sort(byText)
    .map((name) => ({ name, value: written![name]!, place: { document, pointer: [key, name] } }));
}

function specsOf({ name, value, place }: Definition<WrittenMultiAsset>): SpecDefinition[] {
  return Object.keys(value.specs)
    .sort(byText)
    .map((key) => ({
      name: key,
      value: value.specs[key] ?? {},
      multiAsset: name,
      place: { document: place.document, pointer: [...place.pointer, 'specs', key] },
    }));
}

/** Keeps the first of each name; `kind` names the name space in messages. */
function uniqueNames(findings: Findings) {
  return (kind: string) => {
    const taken = new Map<string, Definition<unknown>>();
    return <T, D extends Definition<T>>(definitions: readonly D[]): ReadonlyMap<string, D> => {
      const kept = new Map<string, D>();
      for (const definition of definitions) {
        const first = taken.get(definition.name.toLowerCase());
        if (first === undefined) {
          taken.set(definition.name.toLowerCase(), definition);
          kept.set(definition.name, definition);
        } else reportTaken(kind, first, definition, findings);
      }
      return new Map([...kept].sort(([a], [b]) => byText(a, b)));
    };
  };
}

function reportTaken(kind: string, one: Definition<unknown>, other: Definition<unknown>, findings: Findings): void {
  const spans = [spanOf(keyOf(one.place)), spanOf(keyOf(other.place))] as const;
  // In one file the later place is the one that repeats; between files, the order of paths decides.
  const isTurned =
    spans[0].file === spans[1].file && (spans[0].line - spans[1].line || spans[0].column - spans[1].column) > 0;
  const [first, second] = isTurned ? [other, one] : [one, other];
  const related = [{ span: spans[isTurned ? 1 : 0], note: 'first defined here' }];
  const at = spans[isTurned ? 0 : 1];
  if (first.name === second.name) {
    const message = `the ${kind} \`${second.name}\` is defined twice`;
    findings.error('duplicate-definition', at, message, { help: 'rename or remove one of them', related });
    return;
  }
  const message = `\`${second.name}\` and \`${first.name}\` differ by upper and lower case alone`;
  findings.error('duplicate-definition', at, message, { help: 'rename one of them', related });
}
