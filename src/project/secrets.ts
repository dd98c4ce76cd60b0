import { sortedUnique } from '../base/order.ts';
import { below, type Place } from './findings.ts';
import { didYouMean, type Resolving } from './resolving.ts';
import { envNamesOf } from './template.ts';

/** Names that are secret without being declared (vocabulary.md, `secrets`). */
const SECRET_NAME = /TOKEN|SECRET|PASSWORD|_KEY$|DSN|WEBHOOK/i;

/** Whether a variable is a secret of this project: declared, or by its name. */
export function isSecretName(name: string, declared: readonly string[]): boolean {
  return declared.includes(name) || SECRET_NAME.test(name);
}

/** Secrets that a step is handed: those it lists, and those that its own `env` reads. Reports names that are no secrets. */
export function resolveSecrets(
  listed: { readonly value: readonly string[]; readonly place: Place } | undefined,
  env: readonly { readonly value: unknown }[],
  { definitions, findings, broken }: Resolving,
): readonly string[] {
  const declared = definitions.project?.value.secrets ?? [];
  for (const [index, name] of (listed?.value ?? []).entries()) {
    if (isSecretName(name, declared) || broken.name('secrets', name)) continue;
    findings.error('undeclared-secret', below(listed!.place, index), `\`${name}\` is not declared as a secret`, {
      help:
        didYouMean(name, declared) ??
        `add it to \`secrets:\` in branchline.yaml: \`secrets: [${[...declared, name].join(', ')}]\``,
    });
  }
  const read = env.flatMap(({ value }) => (typeof value === 'string' ? envNamesOf(value) : []));
  return sortedUnique([...(listed?.value ?? []), ...read.filter((name) => isSecretName(name, declared))]);
}

/** Warns of declared secrets that no step lists and no expression reads: probably a typing error, or a left-over. */
export function reportUnusedSecrets(used: ReadonlySet<string>, { definitions, findings, broken }: Resolving): void {
  const { project } = definitions;
  if (project === undefined || !broken.isNothing) return;
  for (const [index, name] of (project.value.secrets ?? []).entries()) {
    if (used.has(name)) continue;
    findings.warning(
      'unused-secret',
      { document: project, pointer: ['secrets', index] },
      `no step is handed the secret \`${name}\``,
      {
        help: `list it under \`secrets:\` of the step that needs it`,
      },
    );
  }
}
