import { productionRunner } from '../app/production-runner.ts';
import { workflowTexts } from '../compose/workflow-texts.ts';
import type { planPrice } from '../render/plan-text.ts';
import type { Job } from './job.ts';

/** The machine of production, as the repository's own workflow names it: there a plan would be carried out. */
export function productionMachine(
  { context }: Job,
  prices: Readonly<Record<string, number>>,
): Parameters<typeof planPrice>[0] {
  const { isPublic, workspace } = context;
  return { ...productionRunner(workflowTexts(workspace), prices), ...(isPublic === undefined ? {} : { isPublic }) };
}
