import { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } from '@actions/workflow-parser';

/** What GitHub's own parser says about a workflow. */
export async function workflowProblems(name: string, content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  if (value !== undefined) {
    const template = await convertWorkflowTemplate(context, value);
    if (template.errors !== undefined) return template.errors.map((error) => error.Message);
  }
  return context.errors.getErrors().map((error) => error.message);
}
