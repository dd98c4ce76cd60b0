/** The first words that the input `command` of the Action may have. */
export const COMMANDS = [
  'auto',
  'tick',
  'run',
  'backfill',
  'retry',
  'cancel',
  'plan',
  'check',
  'changes',
  'comment',
  'report',
  'outputs',
  'state',
] as const;
export type CommandWord = (typeof COMMANDS)[number];

/** What a click on `workflow_dispatch` may ask for. */
export const CLICK_COMMANDS = ['tick', 'run', 'backfill', 'retry', 'cancel', 'plan', 'check'] as const;

/**
 * What `with:` may have, for the Action (`main`) and its parts: the names in each `action.yml`, in their order. Here as
 * well because whoever judges a workflow has the words and not the files.
 */
export const ACTION_INPUTS = {
  main: [
    'command',
    'project',
    'select',
    'partitions',
    'run-id',
    'reason',
    'state-branch',
    'environment',
    'token',
    'secret-env',
    'max-parallel',
    'time-budget',
    'dry-run',
    'comment',
    'summary',
    'fail-on',
  ],
  plan: [
    'stage',
    'command',
    'project',
    'select',
    'run-id',
    'reason',
    'state-branch',
    'token',
    'max-parallel',
    'runs-on',
    'dry-run',
    'summary',
    'fail-on',
  ],
  execute: [
    'stage',
    'shard',
    'plan-digest',
    'project',
    'state-branch',
    'token',
    'secret-env',
    'max-parallel',
    'time-budget',
    'summary',
    'fail-on',
  ],
  finalize: ['stage', 'plan-digest', 'canceled', 'project', 'state-branch', 'token', 'summary', 'fail-on'],
  comment: ['command', 'run-id', 'token', 'summary'],
} as const satisfies Readonly<Record<string, readonly string[]>>;
export type ActionPart = keyof typeof ACTION_INPUTS;
