import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { createSourceTree } from '../adapters/source-tree.ts';
import { systemClock } from '../adapters/system-clock.ts';
import { inputFailure } from '../app/failure.ts';
import { type InitFile, initFiles, projectNameOf, withFiles, workflowFiles } from '../app/init.ts';
import { loadProject } from '../app/load-project.ts';
import { workflowValues } from '../app/workflow-values.ts';
import { openHost } from '../compose/open-project.ts';
import { actionPin, type NoAction, type RepositoryPlace, repositoryPlace } from '../compose/workflow-place.ts';
import { tryWriting } from '../compose/writing.ts';
import type { Project } from '../model/project.ts';
import { bellPrice } from '../render/workflows/scheduled.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';
import { writeSchemas } from './schema.ts';

export interface InitOptions extends GlobalOptions {
  /** `owner/name@commit` of the Action. */
  readonly action?: string;
  readonly workflows: boolean;
  readonly pullRequests: boolean;
  /** The work is shared out among jobs. */
  readonly fanOut?: boolean;
  /** Show the workflows, and write nothing. */
  readonly print?: boolean;
}

/** `branchline init [name]`: writes what is missing and says what it left alone. */
export async function run(options: InitOptions, args: readonly string[]): Promise<number> {
  const root = resolve(options.project ?? '.');
  const name = args[0] ?? projectNameOf(basename(root));
  if (!/^[a-z0-9_-]+$/.test(name)) {
    const refused = inputFailure(
      'bad-name',
      `\`${name}\` cannot be a project's name.`,
      `Use lower-case letters, digits, - and _: \`${projectNameOf(name)}\`.`,
    );
    return printFailure(openHost().host, refused, options.json);
  }
  const files = initFiles(name, reader(root));
  // The folder may not be there yet, and a tree needs one.
  const unmade = options.print ? undefined : tryWriting(root, () => mkdirSync(root, { recursive: true }));
  if (unmade !== undefined) return printFailure(openHost().host, unmade, options.json);
  const tree = withFiles(createSourceTree(existsSync(root) ? root : '.'), files);
  const { project } = loadProject(tree);
  const place = await repositoryPlace(existsSync(root) ? root : '.', project?.state.remote ?? 'origin', process.env);
  const workflows = await findWorkflows(place, project, options);
  if (options.print) return printWorkflows(workflows, options);
  const refused = tryWriting(root, () => {
    write(root, files);
    if (workflows.kind === 'known') write(place.top, workflows.files);
    writeSchemas(join(root, '.branchline', 'schemas'));
  });
  if (refused !== undefined) return printFailure(openHost().host, refused, options.json);
  tell({ name, root, place }, files, workflows, options);
  return workflows.kind === 'unknown' && options.action !== undefined ? 2 : 0;
}

type Workflows =
  | {
      readonly kind: 'known';
      readonly files: readonly InitFile[];
      readonly notes: readonly string[];
      readonly price: string;
    }
  | { readonly kind: 'unwanted' }
  /** Nothing can be written; why, and what to do. */
  | { readonly kind: 'unknown'; readonly problem: NoAction };

async function findWorkflows(
  place: RepositoryPlace,
  project: Project | undefined,
  options: InitOptions,
): Promise<Workflows> {
  if (!options.workflows) return { kind: 'unwanted' };
  if (!project)
    return {
      kind: 'unknown',
      problem: {
        message: 'The workflow is derived from the manifests, and they have mistakes.',
        help: '`branchline check` shows them; then `branchline init` again.',
      },
    };
  const action = await actionPin(options.action, place.top, process.env);
  if (!action.ok) return { kind: 'unknown', problem: action.error };
  const values = workflowValues(project, { ...place, action: action.value }, systemClock.now());
  const files = workflowFiles(values, reader(place.top), options);
  const notes = [
    ...(place.repository === undefined
      ? ['This repository has no remote on GitHub yet, so the workflow does not name it: forks would run it as well.']
      : []),
    ...(values.tooOften.length > 0
      ? [`GitHub rings every 5 minutes at most, and ${values.tooOften.join(', ')} is due more often.`]
      : []),
  ];
  const price = bellPrice(values.ringsAMonth, values.usdPerMinute);
  return { kind: 'known', files, notes, price };
}

/** The text of a file below a folder; undefined when there is none. */
function reader(folder: string): (path: string) => string | undefined {
  return (path) => (existsSync(join(folder, path)) ? readFileSync(join(folder, path), 'utf8') : undefined);
}

function write(folder: string, files: readonly InitFile[]): void {
  for (const file of files) {
    const path = join(folder, file.path);
    if (file.action === 'keep') continue;
    mkdirSync(dirname(path), { recursive: true });
    // `wx`: a file that came into being since we looked is not overwritten either.
    if (file.action === 'create') writeFileSync(path, file.text, { flag: 'wx' });
    else appendFileSync(path, file.text);
  }
}

function printWorkflows(workflows: Workflows, options: InitOptions): number {
  if (workflows.kind !== 'known') {
    const problem =
      workflows.kind === 'unknown'
        ? workflows.problem
        : { message: '`--print` shows workflows.', help: 'Leave out `--no-workflows`.' };
    if (options.json)
      printJson({ version: 1, error: { code: 'no-workflow', message: problem.message, help: problem.help } });
    else process.stderr.write(`${problem.message}\n${problem.help}\n`);
    return 2;
  }
  if (options.json)
    printJson({ version: 1, workflows: workflows.files.map(({ path, action, text }) => ({ path, action, text })) });
  else
    for (const { path, action, text } of workflows.files)
      process.stdout.write(`# ${path}${action === 'keep' ? ' (there is one: it would be kept)' : ''}\n${text}\n`);
  return 0;
}

interface Where {
  readonly name: string;
  readonly root: string;
  readonly place: RepositoryPlace;
}

function tell(where: Where, files: readonly InitFile[], workflows: Workflows, options: InitOptions): void {
  const { name, root, place } = where;
  const made = workflows.kind === 'known' ? workflows.files : [];
  const prefix = relative(root, place.top);
  const all = [...files, ...made.map((file) => ({ ...file, path: join(prefix, file.path).replaceAll('\\', '/') }))];
  if (options.json) {
    const problem = workflows.kind === 'unknown' ? { workflows: workflows.problem } : {};
    printJson({ version: 1, name, files: all.map(({ path, action }) => ({ path, action })), ...problem });
    return;
  }
  const words = { create: 'new', append: 'added to', keep: 'kept' } as const;
  const lines = all.map((file) => `${words[file.action].padEnd(9)} ${file.path}`);
  if (workflows.kind === 'known') {
    const isNew = made[0]?.action === 'create';
    lines.push('', ...(isNew ? [`What the workflow costs by ringing for the schedules: ${workflows.price}.`] : []));
    lines.push(...workflows.notes);
  } else if (workflows.kind === 'unknown')
    lines.push('', `No workflow was written. ${workflows.problem.message}`, workflows.problem.help);
  const git = place.isRepository ? '' : ' (in a git repository: `git init` first)';
  lines.push('', `Next${git}: \`branchline check\`, then \`branchline run\`. On GitHub: docs/github.md.`);
  process.stdout.write(`${lines.join('\n').replace(/\n{3,}/g, '\n\n')}\n`);
}
