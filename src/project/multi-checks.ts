import { byText } from '../base/order.ts';
import type { WrittenMultiCheck } from '../manifest/generated/written.ts';
import type { AssetKey, Check, MultiCheck } from '../model/project.ts';
import { isKnownAsset } from './asset-deps.ts';
import type { Definition } from './definitions.ts';
import { below, definedAt, spanOf } from './findings.ts';
import { checkDefaults } from './layers.ts';
import type { AssetDraft } from './resolve-assets.ts';
import { hintAtMissingScript, resolveFolder } from './resolve-steps.ts';
import { checkScript, type Resolving, resolveDuration, resolveEnv } from './resolving.ts';
import { resolveSecrets } from './secrets.ts';
import { hintAtSlippedKeys } from './slipped-keys.ts';
import { reportExternalChecks } from './verify-keys.ts';

/** One execution that judges several checks of an asset. Undefined when there is no such asset. */
export function resolveMultiCheck(
  { name, value, place }: Definition<WrittenMultiCheck>,
  drafts: ReadonlyMap<AssetKey, AssetDraft>,
  resolving: Resolving,
): { readonly multiCheck: MultiCheck; readonly checks: readonly Check[] } | undefined {
  const env = Object.entries(value.env ?? {}).map(
    ([key, text]) => [key, { value: text, place: below(place, 'env', key) }] as const,
  );
  const listed = value.secrets && { value: value.secrets, place: below(place, 'secrets') };
  checkScript(value.run, below(place, 'run'), resolving);
  hintAtSlippedKeys(value.run, below(place, 'run'), value.shell ?? 'bash', resolving);
  const folder = value['working-directory'];
  const workingDirectory =
    folder === undefined ? undefined : resolveFolder(folder, below(place, 'working-directory'), resolving);
  if (workingDirectory === undefined) hintAtMissingScript(value.run, below(place, 'run'), resolving);
  const timeoutMs = resolveDuration(value.timeout, below(place, 'timeout'), resolving);
  const common = {
    env: resolveEnv(env, resolving),
    secrets: resolveSecrets(
      listed,
      env.map(([, entry]) => entry),
      resolving,
    ),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
  const known = isKnownAsset(value.asset, () => spanOf(below(place, 'asset')), resolving);
  const draft = drafts.get(value.asset);
  if (!known || draft === undefined) return undefined;
  if (draft.asset.external) reportExternalChecks(value.asset, below(place, 'asset'), resolving.findings);
  const names = Object.keys(value.specs).sort(byText);
  const defaults = checkDefaults(draft.layers);
  const checks = names.map((check): Check => {
    const spec = value.specs[check] ?? {};
    return {
      asset: value.asset,
      name: check,
      ...(spec.description === undefined ? {} : { description: spec.description }),
      severity: spec.severity ?? defaults.severity ?? 'error',
      blocking: spec.blocking ?? defaults.blocking ?? false,
      onError: spec.on_error ?? 'error',
      samples: 0,
      ...common,
      kind: { type: 'multi', multiCheck: name },
      definedAt: definedAt(below(place, 'specs', check)),
    };
  });
  const shell = value.shell ?? 'bash';
  const folderKey = workingDirectory === undefined ? {} : { workingDirectory };
  const multiCheck: MultiCheck = {
    name,
    asset: value.asset,
    run: value.run,
    shell,
    ...folderKey,
    ...common,
    checks: names,
    definedAt: definedAt(place),
  };
  return { multiCheck, checks };
}
