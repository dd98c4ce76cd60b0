import { byText } from '../base/order.ts';
import type { BranchlineEvent, Uncommitted } from '../model/events.ts';
import type { Plan, PlannedStep } from '../model/plan.ts';
import type { AssetKey, Project } from '../model/project.ts';
import { codeFiles, dataFiles, scriptFiles } from '../project/fingerprint.ts';
import { uncommittedNames } from '../render/uncommitted-text.ts';
import { isManifest } from './manifest-paths.ts';

/**
 * Files of the project that are not as they are in the commit that is checked out: changed, deleted or never committed, and
 * not ignored. None where nobody can say. It is asked when a run begins, and not before.
 */
export type ChangedFiles = () => Promise<readonly string[]>;

/** Names that are recorded: a script may generate any number of files. */
const NAMED_MAX = 10;

/** Those that count for these steps: manifests, their code, and what their checks run. */
export async function uncommittedFor(
  changedFiles: ChangedFiles | undefined,
  project: Project,
  steps: readonly PlannedStep[],
): Promise<Uncommitted | undefined> {
  const changed = (await changedFiles?.()) ?? [];
  if (changed.length === 0) return undefined;
  const isData = dataFiles(project);
  const files = changed.filter((path) => !isData(path));
  const isChanged = new Set(files);
  const counting = new Set(files.filter((path) => isManifest(path, project.manifests)));
  const use = (path: string | undefined): void => {
    if (path !== undefined && isChanged.has(path)) counting.add(path);
  };
  for (const name of new Set(steps.map(({ step }) => step))) {
    const step = project.steps[name];
    if (step === undefined) continue;
    if (step.action.kind === 'sql') use(step.action.file);
    for (const path of codeFiles(step, files, isChanged)) use(path);
    for (const asset of step.assets) for (const path of checkFiles(project, asset, isChanged)) use(path);
  }
  if (counting.size === 0) return undefined;
  return { count: counting.size, files: [...counting].sort(byText).slice(0, NAMED_MAX) };
}

function checkFiles(project: Project, asset: AssetKey, isListed: ReadonlySet<string>): readonly string[] {
  return (project.assets[asset]?.checks ?? []).flatMap(({ kind }): readonly string[] => {
    if (kind.type === 'sql') return kind.file === undefined ? [] : [kind.file];
    const script =
      kind.type === 'multi' ? project.multiChecks[kind.multiCheck] : kind.type === 'run' ? kind : undefined;
    return script === undefined ? [] : scriptFiles({ ...script, kind: 'run' }, isListed);
  });
}

/** What was found of the code of a run when it was claimed. */
export function uncommittedAt({
  events,
  plan,
}: {
  readonly events: readonly BranchlineEvent[];
  readonly plan: Plan;
}): Uncommitted | undefined {
  const started = events.find((event) => event.type === 'run.started' && event.run === plan.runId);
  return started?.type === 'run.started' ? started.uncommitted : undefined;
}

/** What is said when such a run of production begins; on a laptop's own state it is what one works with. */
export function uncommittedNote(
  environment: string,
  codeCommit: string | undefined,
  claimed: Parameters<typeof uncommittedAt>[0],
): string | undefined {
  const uncommitted = uncommittedAt(claimed);
  if (environment !== 'production' || uncommitted === undefined) return undefined;
  const { count } = uncommitted;
  return `${uncommittedNames(uncommitted)} ${count === 1 ? 'is' : 'are'} not as in commit ${codeCommit?.slice(0, 7)}: the run is recorded as that commit with uncommitted changes.`;
}
