import { readPlainYaml } from '../manifest/plain-yaml.ts';
import { labelsAlike, labelsOf } from '../run/runs-on.ts';

/**
 * Labels by which a job of a workflow asks for its machine, as the text of the workflow says. Empty where they are not
 * known: an expression says them, or the job is in a workflow that this one calls.
 */
export function labelsOfJob(workflow: string, job: string): readonly string[] {
  const alike = labelsAlike(workflow);
  if (alike !== undefined) return alike;
  const value = readPlainYaml(workflow)?.value as { readonly jobs?: Readonly<Record<string, unknown>> } | null;
  const found = value?.jobs?.[job] as { readonly 'runs-on'?: unknown } | null | undefined;
  return labelsOf(found?.['runs-on']);
}
