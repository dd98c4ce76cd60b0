import type { Finding } from './finding.ts';
import type { Path } from './workflow-file.ts';
import type { OurJob } from './workflow-parts.ts';

/** Something that is wrong with a job, at its place in the workflow's file. */
export function finding(job: OurJob, path: Path, of: Omit<Finding, 'span'>, what?: 'key' | 'value'): Finding {
  return { ...of, span: job.workflow.place(path, what) };
}
