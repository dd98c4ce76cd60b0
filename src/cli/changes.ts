import { openCommitTree } from '../adapters/git-commit-tree.ts';
import { findLocalBase } from '../adapters/git-merge-base.ts';
import { compareTrees } from '../app/changes.ts';
import { type AppFailure, inputFailure, outsideFailure } from '../app/failure.ts';
import { fail, ok, type Result } from '../base/result.ts';
import { type OpenProject, openHost, openProject } from '../compose/open-project.ts';
import type { SourceTree } from '../ports.ts';
import { changesJson } from '../render/changes-json.ts';
import { renderChanges } from '../render/changes-text.ts';
import { printDiagnostics } from './check.ts';
import type { GlobalOptions } from './command.ts';
import { printFailure, printJson } from './print.ts';

interface ChangesOptions extends GlobalOptions {
  readonly base?: string;
}

/** `branchline changes`: the working tree against the merge base. Reads only. */
export async function run(options: ChangesOptions): Promise<number> {
  const opened = await openProject(options);
  if (!opened.ok) return printFailure(openHost().host, opened.error, options.json);
  const { loaded, host, style, tree } = opened.value;
  if (!loaded.project) return printDiagnostics(opened.value, options.json);
  const base = await openBase(opened.value, loaded.project.state.remote, options.base);
  if (!base.ok) return printFailure(host, base.error, options.json);
  const { commit, ref } = base.value;
  const { changes, baseProblems, isFirst } = compareTrees(base.value.tree, tree, loaded);
  // Without errors in the head there always is a comparison.
  if (changes === undefined) return printDiagnostics(opened.value, options.json);
  if (options.json) printJson(changesJson(changes, { commit, ref, problems: baseProblems, isFirst }));
  else host.print(renderChanges(changes, { commit, ref, problems: baseProblems.length, isFirst }, style));
  return 0;
}

interface Base {
  readonly commit: string;
  readonly ref: string;
  readonly tree: SourceTree;
}

async function openBase(
  { root, tree: beside }: OpenProject,
  remote: string,
  ref: string | undefined,
): Promise<Result<Base, AppFailure>> {
  const env = process.env;
  const found = await findLocalBase({ root, remote, env, ...(ref === undefined ? {} : { ref }) });
  if (!found.ok) return fail(inputFailure(found.error.code, found.error.message, found.error.help));
  const { commit, folder } = found.value;
  const tree = await openCommitTree({ cwd: root, env, commit, folder, beside });
  if (!tree.ok)
    return fail(outsideFailure('unreadable-base', `The merge base ${commit} cannot be read: ${tree.error}.`));
  return ok({ commit, ref: found.value.ref, tree: tree.value });
}
