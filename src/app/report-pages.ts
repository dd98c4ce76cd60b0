import type { Project } from '../model/project.ts';
import type { PreparedCommit } from '../state/commit.ts';

/** What the pages of a commit are made from, beside the state that it leads to. */
export interface ReportPagesInput {
  readonly project: Project;
  readonly code?: { readonly commit: string; readonly at: string };
}

/** Pages of a commit. */
export function reportPages(_input: ReportPagesInput, _prepared: PreparedCommit): ReadonlyMap<string, string | null> {
  return new Map();
}
