import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type AppFailure, inputFailure } from '../app/failure.ts';
import { CHECKOUT, pinText } from '../render/workflows/pinned-action.ts';

/** Why there is no project where the job looks for it, in words of a workflow: nobody types a path there. */
export function noProject(workspace: string, project: string): AppFailure {
  if (!existsSync(workspace) || readdirSync(workspace).length === 0)
    return inputFailure(
      'no-project',
      'Nothing is checked out here, so there is no branchline.yaml.',
      `Let a step before this one check the repository out:\n\n- uses: ${pinText(CHECKOUT)}\n  with:\n    persist-credentials: false`,
    );
  const folder = project.replace(/^(?:\.\/)+|\/+$/g, '');
  const isTop = folder === '' || folder === '.';
  const name = 'The input `project` names the folder that has it';
  if (isTop)
    return inputFailure(
      'no-project',
      'There is no branchline.yaml at the top of the repository.',
      `${name}, from the top of the repository; \`branchline init\` writes a first one.`,
    );
  return inputFailure(
    'no-project',
    existsSync(join(workspace, folder))
      ? `There is no branchline.yaml in the folder \`${folder}\` of the repository.`
      : `The repository has no folder \`${folder}\`.`,
    `${name}, from the top of the repository.`,
  );
}
