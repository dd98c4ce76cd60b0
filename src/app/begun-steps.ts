import type { EventDraft } from '../model/events.ts';

/**
 * Whether a step was begun, or came to an end. What a plan leaves out from the start is no such step: each job that carries
 * the run says it anew (`step.skipped`), also one that gives it back as it was.
 */
export function hasBegunSteps(drafts: readonly Pick<EventDraft, 'type'>[]): boolean {
  return drafts.some(({ type }) => type === 'step.started' || type === 'step.attempt-ended' || type === 'step.ended');
}
