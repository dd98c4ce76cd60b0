/**
 * Labels of a `runs-on`: of a machine that only its group says, the name of the group. Empty where an expression says it,
 * since nobody else evaluates it.
 */
export function labelsOf(runsOn: unknown): readonly string[] {
  const { group, labels } = (typeof runsOn === 'object' && runsOn !== null ? runsOn : {}) as Record<string, unknown>;
  const written = Array.isArray(runsOn) ? runsOn : typeof runsOn === 'string' ? [runsOn] : [labels ?? group].flat();
  return written.filter((label): label is string => typeof label === 'string' && !label.includes('${{'));
}

/**
 * Labels that all jobs of a workflow have alike, seen without a parser; undefined where that is not plain: there are
 * several machines, or more than a word stands there.
 */
export function labelsAlike(workflow: string): readonly string[] | undefined {
  const found = new Set<string>();
  for (const [, value] of workflow.matchAll(/runs-on["']?[ \t]*:[ \t]*(.*)$/gm))
    found.add(/^([\w.-]+)[ \t]*(?:#.*|\r)?$/.exec(value!)?.[1] ?? '');
  const [only] = found;
  return found.size === 1 && only !== '' ? [only!] : undefined;
}
