import type { Span } from '../model/diagnostic.ts';

/** What the doctor can find; each is explained in docs/doctor.md. Closed. */
export const DOCTOR_CODES = [
  'action-not-pinned',
  'bad-cron',
  'bad-input',
  'branch-in-the-way',
  'budget-too-long',
  'cancel-goes-on',
  'click-starts-work',
  'clone-carries-state',
  'concurrency',
  'credentials-kept',
  'dangerous-trigger',
  'engine-missing',
  'environment-closed',
  'environment-missing',
  'environment-open',
  'environment-waits',
  'git',
  'limit-loose',
  'limit-tight',
  'manifests-broken',
  'maximum-too-long',
  'never-starts',
  'no-dispatch',
  'no-schedule',
  'no-workflow',
  'older-version',
  'permission-missing',
  'permission-too-wide',
  'required-check-skipped',
  'rings-too-often',
  'rings-too-rarely',
  'schedules-stop',
  'secret-not-masked',
  'secret-too-wide',
  'shard-not-named',
  'state-forced-back',
  'state-unreadable',
  'storage-needs-git',
  'storage-readable',
  'unheard-workflow',
  'unknown-input',
  'unknown-trigger',
  'variable-missing',
  'workflow-off',
  'workflow-syntax',
] as const;
export type DoctorCode = (typeof DOCTOR_CODES)[number];

/** Something that is wrong with how a project is set up. */
export interface Finding {
  readonly code: DoctorCode;
  /** `error`: something does not work, or is not safe. `warning`: it works, and could surprise. */
  readonly severity: 'error' | 'warning';
  /** What is wrong and why that matters. */
  readonly message: string;
  /** What to do, with the line to write where it is one. */
  readonly help: string;
  /** Where it is mended; absent = a setting, or this machine. */
  readonly span?: Span;
}

/** Something that could not be looked at, and why. */
export interface NotSeen {
  readonly what: string;
  readonly why: string;
}
