/**
 * GitHub reads commands from the output of a workflow's steps: lines that begin with `::` or `##[`. What a step of ours
 * prints must not be able to issue any (vocabulary.md, "What a step sees").
 */

// The runner trims a line before it looks for `::`, and finds `##[` anywhere in it.
const COMMAND = /^(\s*)::|##\[/gm;
/** Breaks a command and cannot be seen. */
const ZERO_WIDTH_SPACE = '\u200b';

/** The text with every workflow command in it made harmless; whole lines in, whole lines out. */
export function neutralizeCommands(text: string): string {
  if (!text.includes('::') && !text.includes('##[')) return text;
  return text.replace(COMMAND, (command, indent: string | undefined) =>
    indent === undefined ? `##${ZERO_WIDTH_SPACE}[` : `${indent}${ZERO_WIDTH_SPACE}${command.slice(indent.length)}`,
  );
}

/**
 * The lines to print before and after the output of a step, so that the runner ignores commands in between. The token
 * must be random and unknown to the step. Throws on a token that GitHub would refuse (a bug of ours).
 */
export function stopCommands(token: string): { readonly before: string; readonly after: string } {
  if (!/^[A-Za-z0-9-]{16,}$/.test(token)) throw new Error('a token needs 16 letters, digits or dashes');
  return { before: `::stop-commands::${token}\n`, after: `::${token}::\n` };
}
