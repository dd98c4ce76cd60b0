import type { CallDocument, EventDocument, WorkflowDocument } from './document.ts';
import { readWorkflow } from './document.ts';
import { asText, evaluateText, type Scope } from './expressions.ts';

/** Text of a workflow that a job is, by its `uses`; undefined = there is none. */
export type CalledOf = (uses: string) => string | undefined;

/** Inputs of a called workflow: of the types that it says, or it does not start. */
export function givenInputs(
  { inputs }: EventDocument,
  given: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  const unknown = Object.keys(given).filter((name) => inputs[name] === undefined);
  if (unknown.length > 0) throw new Error(`the called workflow has no input ${unknown.join(', ')}`);
  const entries = Object.entries(inputs).map(([name, { type, default: standard }]) => {
    if (!Object.hasOwn(given, name)) return [name, standard ?? ''] as const;
    const value = type === 'string' ? asText(given[name]) : given[name];
    if (typeof value !== type) throw new Error(`the input ${name} is to be a ${type}, not ${JSON.stringify(value)}`);
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

/** Secrets of a called workflow: those that it names. */
export function givenSecrets(
  { secrets }: EventDocument,
  { secrets: given }: CallDocument,
  expressions: Scope,
): Record<string, string> {
  const unknown = Object.keys(given).filter((name) => secrets[name] === undefined);
  if (unknown.length > 0) throw new Error(`the called workflow has no secret ${unknown.join(', ')}`);
  const missing = Object.entries(secrets).filter(([name, { required }]) => required && given[name] === undefined);
  if (missing.length > 0)
    throw new Error(`the called workflow needs the secret ${missing.map(([name]) => name).join(', ')}`);
  return Object.fromEntries(
    Object.entries(given).map(([name, text]) => [name, asText(evaluateText(text, expressions))] as const),
  );
}

/** What a job calls, read. Throws when there is none. */
export function calledBy(
  called: CalledOf | undefined,
  { uses }: CallDocument,
): { readonly document: WorkflowDocument; readonly declared: EventDocument } {
  const text = called?.(uses);
  if (text === undefined) throw new Error(`the rig does not have the workflow ${uses}`);
  const document = readWorkflow(text);
  const declared = document.on['workflow_call'];
  if (declared === undefined) throw new Error(`${uses} is none that can be called`);
  return { document, declared };
}

/** A called workflow that asks for more than its caller gives: then none of the jobs starts. */
export function refuseCalls(called: CalledOf | undefined, document: WorkflowDocument, prefix: string): void {
  for (const [id, job] of document.jobs) {
    if (job.kind !== 'call') continue;
    const given = job.permissions ?? document.permissions;
    const inner = calledBy(called, job).document;
    for (const [name, { permissions = inner.permissions }] of inner.jobs)
      for (const [scope, level] of Object.entries(permissions))
        if (given[scope] !== 'write' && given[scope] !== level)
          throw new Error(
            `${prefix}${id} / ${name} asks for '${scope}: ${level}', and its caller allows '${scope}: ${given[scope] ?? 'none'}'`,
          );
    refuseCalls(called, inner, `${prefix}${id} / `);
  }
}
