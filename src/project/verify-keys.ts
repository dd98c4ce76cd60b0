import type { WrittenCheck } from '../manifest/generated/written.ts';
import type { Asset, CheckKind } from '../model/project.ts';
import { below, type Findings, keyOf, type Place } from './findings.ts';
import type { AssetKeys } from './layers.ts';
import { hasReadableData } from './relations.ts';

type CheckType = CheckKind['type'];

/** Kinds that look at rows of a relation: `where` restricts them, and failing ones can be kept. */
const ROW_KINDS: readonly CheckType[] = ['not_null', 'unique', 'accepted_values', 'range', 'regex', 'relationships'];

/** Keys of a check that only some kinds obey. */
const CHECK_KEYS = {
  where: [...ROW_KINDS, 'row_count'],
  samples: [...ROW_KINDS, 'sql'],
  // The data of any other kind is where its asset is.
  connection: ['sql'],
  env: ['sql', 'run'],
  secrets: ['sql', 'run'],
} as const satisfies Partial<Record<keyof WrittenCheck, readonly CheckType[]>>;

/** Reports the keys of a check that its kind would not obey: what is accepted and ignored deceives. */
export function verifyCheckKeys(written: WrittenCheck, type: CheckType, place: Place, findings: Findings): void {
  const report = (key: keyof WrittenCheck, message: string, help: string): void =>
    findings.error('key-without-effect', keyOf(below(place, key)), message, { help });
  for (const key of Object.keys(CHECK_KEYS) as (keyof typeof CHECK_KEYS)[]) {
    if (written[key] === undefined || (CHECK_KEYS[key] as readonly CheckType[]).includes(type)) continue;
    report(key, `\`${key}\` does nothing for \`${type}\``, helpFor(key, type));
  }
  if (written.where?.includes('${{') === true) {
    const help = 'write the value itself, or use `sql:`, where an expression is a bind variable';
    findings.error('bad-expression', below(place, 'where'), '`where` holds no expressions', { help });
  }
  if (type === 'sql' && written.value === true && written.samples !== undefined)
    report('samples', '`samples` does nothing beside `value: true`: one value has no failing rows', 'remove it');
  if (type === 'reported' && written.timeout !== undefined)
    report('timeout', '`timeout` does nothing for `reported`: the asset’s own step reports it', 'give it to the asset');
}

function helpFor(key: keyof typeof CHECK_KEYS, type: CheckType): string {
  if (key === 'where' && type === 'sql') return 'write the condition into the SQL';
  if (key === 'connection' && type !== 'run' && type !== 'reported')
    return 'remove it: this kind asks where its asset is; another connection takes `sql:`';
  return 'remove it';
}

const SCRIPT_KEYS = ['shell', 'working-directory', 'oidc'] as const;
const STEP_KEYS = [
  'automation',
  'env',
  'secrets',
  'code',
  'timeout',
  'materialize',
  'on_lost',
  'publish',
  'incremental',
  'storage',
  'retry_policy',
  'pool',
  'runner',
] as const;

/** Reports keys that are written on an asset itself and that nothing would obey. Inherited ones are meant for others. */
export function verifyAssetKeys(
  asset: Omit<Asset, 'checks'>,
  own: Readonly<AssetKeys>,
  checks: Readonly<Record<string, unknown>> | null | undefined,
  { place, isSql, findings }: { readonly place: Place; readonly isSql: boolean; readonly findings: Findings },
): void {
  const report = (key: keyof AssetKeys, message: string, help: string): void =>
    findings.error('key-without-effect', keyOf(below(place, key)), message, { help });
  const isGiven = (key: keyof AssetKeys): boolean => own[key] !== undefined && own[key] !== null;
  if (isSql || asset.external) {
    const why = asset.external ? 'it is external' : 'it is made by SQL';
    for (const key of asset.external ? [...SCRIPT_KEYS, ...STEP_KEYS] : SCRIPT_KEYS)
      if (isGiven(key)) report(key, `\`${key}\` does nothing for \`${asset.key}\`: ${why}`, 'remove it');
  }
  if (!asset.external && isGiven('incremental') && asset.incremental && asset.outputs.length === 0)
    report(
      'incremental',
      `\`incremental\` puts the last outputs of \`${asset.key}\` in place, and it has none`,
      'name what it writes under `outputs:`; a table that a script extends stays in its database anyway',
    );
  if (!asset.external && isGiven('storage') && asset.outputs.length === 0)
    report(
      'storage',
      `\`storage\` says where outputs are kept, and \`${asset.key}\` has none`,
      asset.relation === undefined
        ? 'name what it writes under `outputs:`'
        : 'its table is kept with its connection: write `storage` there, in branchline.yaml',
    );
  if (asset.external && Object.keys(checks ?? {}).length > 0)
    reportExternalChecks(asset.key, keyOf(below(place, 'checks')), findings);
  if (isGiven('columns') && !asset.external && !hasReadableData(asset)) {
    const message = `nobody can look at the columns of \`${asset.key}\`: they are no contract, and only described`;
    const help = 'a contract needs a table, or a single CSV, Parquet or JSON output';
    findings.warning('columns-not-read', keyOf(below(place, 'columns')), message, { help });
  }
}

/** With `severity: warn`, its own or inherited, `error_if` says nothing (dbt's rule). Where nothing else is left to judge a number by, that is an error. */
export function reportIgnoredBound(written: WrittenCheck, place: Place, findings: Findings): void {
  const at = below(place, 'error_if');
  const isInherited = written.severity === undefined;
  const message = `\`error_if\` is ignored: this check can only warn${isInherited ? ', by the defaults of its asset' : ''}`;
  const help = `write \`warn_if\`, or ${isInherited ? 'give the check `severity: error`' : 'remove `severity: warn`'}`;
  const needsBound = written.row_count !== undefined || written.value === true;
  if (needsBound && written.warn_if === undefined)
    findings.error('error-if-ignored', at, `${message}, and no bound is left`, { help });
  else findings.warning('error-if-ignored', at, message, { help });
}

/** Checks that this version would never judge. */
export function reportExternalChecks(asset: string, at: Place, findings: Findings): void {
  const help = 'remove them, or check what is made of it';
  const message = `\`${asset}\` is external, and this version judges no checks of external assets yet`;
  findings.error('key-without-effect', at, message, { help });
}
