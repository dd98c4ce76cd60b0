import { nearestWord } from '../base/nearest.ts';
import type { Finding } from './finding.ts';
import { finding } from './job-finding.ts';
import { isRecord } from './workflow-file.ts';
import type { OurJob } from './workflow-parts.ts';

/** What a job has to be started for. */
export interface StartPlace {
  /** `owner/name` that this clone is from; absent = not known. */
  readonly repository?: string;
  /** Branches that write production; absent = the default one. */
  readonly branches?: readonly string[];
}

/** Events that start a workflow (docs.github.com, "Events that trigger workflows"). */
const EVENTS = [
  'branch_protection_rule',
  'check_run',
  'check_suite',
  'create',
  'delete',
  'deployment',
  'deployment_status',
  'discussion',
  'discussion_comment',
  'fork',
  'gollum',
  'image_version',
  'issue_comment',
  'issues',
  'label',
  'merge_group',
  'milestone',
  'page_build',
  'public',
  'pull_request',
  'pull_request_review',
  'pull_request_review_comment',
  'pull_request_target',
  'push',
  'registry_package',
  'release',
  'repository_dispatch',
  'schedule',
  'status',
  'watch',
  'workflow_call',
  'workflow_dispatch',
  'workflow_run',
];

/** What keeps a job from ever being started. */
export function judgeStart(job: OurJob, place: StartPlace): Finding[] {
  return [...unknownEvents(job), ...(job.kind === 'run' || job.kind === 'share' ? otherPlace(job, place) : [])];
}

/** Only what looks like an event: GitHub may have new ones. */
function unknownEvents(job: OurJob): Finding[] {
  const { on } = job.workflow.value;
  return job.events
    .filter((event) => !EVENTS.includes(event))
    .flatMap((event): Finding[] => {
      const near = nearestWord(event, EVENTS);
      if (near === undefined) return [];
      return [
        finding(
          job,
          isRecord(on) ? ['on', event] : ['on'],
          {
            code: 'unknown-trigger',
            severity: 'error',
            message: `GitHub has no event \`${event}\`, and refuses the whole workflow`,
            help: `did you mean \`${near}\`?`,
          },
          'key',
        ),
      ];
    });
}

/** A condition on where the job runs that does not hold here. Of one with alternatives nothing is said. */
function otherPlace(job: OurJob, { repository, branches }: StartPlace): Finding[] {
  const condition = job.value['if'];
  if (typeof condition !== 'string' || condition.includes('||')) return [];
  const named = (what: string): string | undefined =>
    new RegExp(`github\\.${what}\\s*==\\s*'([^']+)'`).exec(condition)?.[1] ??
    new RegExp(`'([^']+)'\\s*==\\s*github\\.${what}(?![\\w.])`).exec(condition)?.[1];
  const path = [...job.path, 'if'];
  const other = named('repository');
  const ref = named('ref');
  const branch = ref?.replace(/^refs\/heads\//, '') ?? named('ref_name');
  return [
    ...(other === undefined || repository === undefined || other.toLowerCase() === repository.toLowerCase()
      ? []
      : [
          finding(job, path, {
            code: 'never-starts',
            severity: 'warning',
            message: `job \`${job.name}\` runs in ${other} only, and this clone is from ${repository}: there it is skipped each time`,
            help: `after a transfer or a rename write \`'${repository}'\`; in a fork it is as it should be`,
          }),
        ]),
    ...(branch === undefined || branches === undefined || branches.includes(branch) || branches.some(isPattern)
      ? []
      : [
          finding(job, path, {
            code: 'never-starts',
            severity: 'error',
            message: `job \`${job.name}\` runs on ${branch} only, and production is written from ${branches.join(', ')}: it is refused there, and skipped elsewhere`,
            help: `write \`'refs/heads/${branches[0] ?? 'main'}'\`, or name the branch in \`environments: { production: { branches: […] } }\``,
          }),
        ]),
  ];
}

function isPattern(branch: string): boolean {
  return /[*?[\]!+]/.test(branch);
}
