import { code, join, type Markdown, own, text } from './markdown.ts';
import { safeLine } from './style.ts';

/** A piece of a sentence: words of ours, a name, or something that was said outside (a message, a log). */
export type PhrasePart =
  | string
  | { readonly name: string }
  | { readonly said: string }
  /** One that can be copied whole. */
  | { readonly command: string };
/** A sentence, or part of one, that Markdown and a terminal show each in their own way. */
export type Phrase = readonly PhrasePart[];

const COMMAND_LENGTH_MAX = 1_000;

/** As Markdown: names in the font of code, what was said escaped. */
export function phraseMarkdown(phrase: Phrase): Markdown {
  const parts = phrase.map((part) => {
    if (typeof part === 'string') return own(part);
    if ('command' in part) return code(part.command, COMMAND_LENGTH_MAX);
    return 'name' in part ? code(part.name) : text(part.said);
  });
  return join(parts, '');
}

/** As one line of plain text. */
export function phraseText(phrase: Phrase): string {
  return phrase
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('command' in part) return `\`${safeLine(part.command, COMMAND_LENGTH_MAX)}\``;
      return 'name' in part ? `\`${safeLine(part.name, 120)}\`` : safeLine(part.said, 300);
    })
    .join('');
}

/** What somebody said, to be put into a sentence of ours: its first line, without the full stop. */
export function said(message: string): PhrasePart {
  return { said: (message.trim().split('\n')[0] ?? '').replace(/\.$/, '') };
}
