import type { Finding } from './finding.ts';
import { isRecord, type Path } from './workflow-file.ts';
import { jobsOf, type OurJob } from './workflow-parts.ts';

/** Which variables a project needs from the machine, and which of them are secret. */
export interface NeededVariables {
  readonly secrets: readonly string[];
  readonly variables: readonly string[];
  /** Does the engine mask a variable of this name without being told? */
  readonly isMasked: (name: string) => boolean;
}

const SECRET = /\$\{\{[^}]*\bsecrets\b/;

/** Secrets and variables of the job that makes production: handed to the step of the Action, all of them, and to nobody else. */
export function judgeVariables(job: OurJob, needed: NeededVariables | undefined): Finding[] {
  return [...wideSecrets(job), ...(needed ? [...missing(job, needed), ...unmasked(job, needed)] : [])];
}

function wideSecrets(job: OurJob): Finding[] {
  const places: [path: Path, env: unknown, whom: string][] = [
    [['env'], job.workflow.value['env'], 'every job of the workflow'],
    ...jobsOf(job.workflow)
      .filter(({ name }) => name === job.name)
      .map(({ path, value }): [Path, unknown, string] => [[...path, 'env'], value['env'], 'every step of the job']),
  ];
  return places.flatMap(([path, env, whom]) =>
    Object.entries(isRecord(env) ? env : {})
      .filter(([, value]) => typeof value === 'string' && SECRET.test(value))
      .map(
        ([name]): Finding => ({
          code: 'secret-too-wide',
          severity: 'error',
          message: `the secret \`${name}\` is handed to ${whom}, actions of others among them`,
          help: 'move the line below `env:` of the step that calls Branchline',
          span: job.workflow.place([...path, name], 'key'),
        }),
      ),
  );
}

function missing(job: OurJob, { secrets, variables }: NeededVariables): Finding[] {
  const given = new Set(
    [job.workflow.value['env'], job.value['env'], job.action.env].flatMap((env) =>
      isRecord(env) ? Object.keys(env) : [],
    ),
  );
  const line = (name: string, context: string): string => `${name}: \${{ ${context}.${name} }}`;
  const lacking = [
    ...secrets.filter((name) => !given.has(name)).map((name) => [name, line(name, 'secrets')] as const),
    ...variables.filter((name) => !given.has(name)).map((name) => [name, line(name, 'vars')] as const),
  ];
  return lacking.map(([name, text]) => ({
    code: 'variable-missing',
    severity: secrets.includes(name) ? 'error' : 'warning',
    message: `the manifests read \`${name}\`, and the step does not get it`,
    help: `below \`env:\` of this step: \`${text}\``,
    span: job.workflow.place([...job.action.path, 'uses']),
  }));
}

function unmasked(job: OurJob, { isMasked }: NeededVariables): Finding[] {
  const { 'secret-env': written } = job.action.inputs;
  const named = new Set(typeof written === 'string' ? written.split(/[\s,]+/) : []);
  return Object.entries(job.action.env)
    .filter(([name, value]) => typeof value === 'string' && SECRET.test(value) && !named.has(name) && !isMasked(name))
    .map(([name]) => ({
      code: 'secret-not-masked',
      severity: 'warning',
      message: `nothing tells the engine that \`${name}\` is secret, so its value could stand in a message or in a record of the state branch`,
      help: `add it to \`secret-env\` of this step: \`secret-env: ${[...named, name].join(' ').trim()}\``,
      span: job.workflow.place([...job.action.path, 'env', name], 'key'),
    }));
}
