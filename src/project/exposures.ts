import { sortedUnique } from '../base/order.ts';
import type { WrittenExposure } from '../manifest/generated/written.ts';
import type { Exposure } from '../model/project.ts';
import { isKnownAsset } from './asset-deps.ts';
import type { Definition } from './definitions.ts';
import { below, definedAt, spanOf } from './findings.ts';
import type { Resolving } from './resolving.ts';

/** An exposure with those of its assets that exist. Reports the others, each with the nearest key. */
export function resolveExposure({ name, value, place }: Definition<WrittenExposure>, resolving: Resolving): Exposure {
  const { type, description, owner, url } = value;
  const deps = value.deps.filter((key, index) =>
    isKnownAsset(key, () => spanOf(below(place, 'deps', index)), resolving),
  );
  return {
    name,
    type,
    ...(description === undefined ? {} : { description }),
    ...(owner === undefined ? {} : { owner }),
    deps: sortedUnique(deps),
    ...(url === undefined ? {} : { url }),
    definedAt: definedAt(place),
  };
}
