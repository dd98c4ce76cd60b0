import { YAMLException } from 'js-yaml';
import { isCollection, isScalar, parseDocument, visit, type YAMLParseError } from 'yaml';
import type { Range } from './line-index.ts';

/** What is wrong with a file before any key has been looked at. */
export interface YamlProblem extends Range {
  readonly code: 'yaml-syntax' | 'duplicate-key' | 'yaml-feature';
  readonly message: string;
  readonly help?: string;
  readonly related?: { readonly range: Range; readonly note: string };
}

type Explained = Range & { readonly message: string; readonly help?: string };

/**
 * One finding for a text that is no YAML, at the place where it is mended. A single slip makes a parser stumble many
 * times; what comes after the first is noise. `refusal` is what the strict parser threw; the second, lenient parser
 * knows the kind of the slip.
 */
export function explainSyntax(text: string, refusal: unknown): YamlProblem {
  const explained = controlCharacter(text) ?? fromLenientParser(text, markOf(refusal)) ?? fromRefusal(text, refusal);
  return { code: 'yaml-syntax', ...explained };
}

function controlCharacter(text: string): Explained | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
  const found = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u0084\u0086-\u009F\uFFFE\uFFFF]/.exec(text);
  if (!found) return undefined;
  const code = found[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, '0');
  return {
    message: `a control character (U+${code}) cannot stand in a manifest`,
    help: 'remove it; is this a text file in UTF-8?',
    start: found.index,
    end: found.index + 1,
  };
}

function markOf(refusal: unknown): number | undefined {
  return refusal instanceof YAMLException ? refusal.mark?.position : undefined;
}

function fromRefusal(text: string, refusal: unknown): Explained {
  const start = Math.min(markOf(refusal) ?? 0, Math.max(0, text.length - 1));
  const reason = refusal instanceof YAMLException ? refusal.reason : 'it cannot be read';
  return {
    message: `this is not YAML: ${reason}`,
    help: 'look at the indentation, quotes and brackets here and on the line above',
    start,
    end: start + 1,
  };
}

// The lenient parser recurses; texts that nest deeper than any manifest are left to the strict one.
const bracketsMax = 2_000;

function fromLenientParser(text: string, mark: number | undefined): Explained | undefined {
  if ((text.match(/[[{]/g)?.length ?? 0) > bracketsMax) return undefined;
  const document = parseDocument(text, {
    uniqueKeys: false,
    prettyErrors: false,
    keepSourceTokens: true,
    resolveKnownTags: false,
    logLevel: 'silent',
  });
  const [first] = document.errors;
  if (!first) return undefined;
  return (
    tabs(text, document.errors) ??
    unclosed(text, document) ??
    blockScalarHeader(text, first) ??
    slippedOut(text, document) ??
    byCode(text, first, document.errors, mark)
  );
}

function tabs(text: string, errors: readonly YAMLParseError[]): Explained | undefined {
  const error = errors.find((each) => each.code === 'TAB_AS_INDENT');
  if (!error) return undefined;
  const start = error.pos[0];
  const length = /^[\t ]*/.exec(text.slice(start))![0].length;
  return {
    message: 'a tab cannot indent YAML',
    help: 'use spaces, two for each level',
    start,
    end: start + Math.max(1, length),
  };
}

/** The innermost bracket or quote that is never closed: the lenient parser notices only where the text goes on. */
function unclosed(text: string, document: ReturnType<typeof parseDocument>): Explained | undefined {
  let found: Explained | undefined;
  visit(document, {
    Node(_key, node) {
      const token = node.srcToken;
      if (isCollection(node) && token?.type === 'flow-collection') {
        const isClosed = token.end.some((end) => end.type === 'flow-seq-end' || end.type === 'flow-map-end');
        if (isClosed) return;
        const open = token.start.source;
        const close = open === '[' ? ']' : '}';
        found = {
          message: `\`${open}\` is never closed`,
          help: `write \`${close}\` where the ${open === '[' ? 'list' : 'mapping'} ends`,
          start: token.start.offset,
          end: firstLineEnd(text, token.start.offset),
        };
      } else if (isScalar(node) && (token?.type === 'double-quoted-scalar' || token?.type === 'single-quoted-scalar')) {
        const quote = token.source[0]!;
        if (token.source.length > 1 && token.source.endsWith(quote)) return;
        // It swallows everything behind it, so the brackets around it cannot be closed either.
        found = {
          message: `the quote \`${quote}\` is never closed`,
          help: `write \`${quote}\` where the text ends`,
          start: token.offset,
          end: firstLineEnd(text, token.offset),
        };
      }
    },
  });
  return found;
}

function firstLineEnd(text: string, start: number): number {
  const length = text.slice(start).search(/\s*(?:#.*)?(?:[\r\n]|$)/);
  return start + Math.max(1, length);
}

/** A line that stands further left than the text of `run: |` that it was to go on with, and is no key either. */
function slippedOut(text: string, document: ReturnType<typeof parseDocument>): Explained | undefined {
  const ended = new Map<number, { readonly key: string; readonly indent: number }>();
  visit(document, {
    Pair(_key, { key, value }) {
      if (!isScalar(value) || value.srcToken?.type !== 'block-scalar' || !value.range) return;
      const [, , end] = value.range;
      const body = /^( +)\S/m.exec(text.slice(value.range[0], end).replace(/^.*/, ''));
      const name = isScalar(key) ? String(key.value) : '';
      const blank = /^(?:[ \t]*\r?\n)*/.exec(text.slice(end))![0].length;
      if (body) ended.set(end + blank, { key: name, indent: body[1]!.length });
    },
  });
  for (const { pos } of document.errors) {
    const lineStart = text.lastIndexOf('\n', pos[0] - 1) + 1;
    const before = ended.get(lineStart);
    const line = text.slice(lineStart, lineEndOf(text, lineStart));
    const indent = /^ */.exec(line)![0].length;
    // What has keys below it is a key whose colon is missing.
    const hasKeys = /^\s*?\n( *)[\w./-]+:(?:\s|$)/.exec(text.slice(lineStart + line.length));
    const isKey = /:(\s|$)/.test(line) || (hasKeys?.[1]?.length ?? 0) > indent;
    if (before === undefined || indent >= before.indent || isKey) continue;
    return {
      message: `this line has left the text of \`${before.key}\` above it, and is no key`,
      help: `if it belongs to that text, indent it like the rest of it, by ${before.indent} spaces`,
      start: lineStart + indent,
      end: lineStart + Math.max(indent + 1, line.trimEnd().length),
    };
  }
  return undefined;
}

/** `error_if: > 10`: the `>` is read as the beginning of folded text. */
function blockScalarHeader(text: string, error: YAMLParseError): Explained | undefined {
  const lineStart = text.lastIndexOf('\n', error.pos[0] - 1) + 1;
  const line = text.slice(lineStart, lineEndOf(text, lineStart));
  const found = /^(.*?(?::|-)\s+)([>|][^\r\n]*\S)\s*$/.exec(line);
  if (!found || error.code !== 'UNEXPECTED_TOKEN') return undefined;
  const start = lineStart + found[1]!.length;
  return {
    message: `a value that begins with \`${found[2]![0]}\` must be in quotes`,
    help: `write \`"${found[2]}"\``,
    start,
    end: start + found[2]!.length,
  };
}

function lineEndOf(text: string, start: number): number {
  const length = text.slice(start).search(/[\r\n]/);
  return length < 0 ? text.length : start + length;
}

function byCode(
  text: string,
  error: YAMLParseError,
  errors: readonly YAMLParseError[],
  mark: number | undefined,
): Explained {
  const [start, end] = error.pos;
  // Codes that are not named here keep the words of the library.
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check
  switch (error.code) {
    case 'BAD_SCALAR_START': {
      const word = /^[^\s,\]}]*/.exec(text.slice(start))![0] || text[start]!;
      return {
        message: `a value cannot begin with \`${text[start]}\``,
        help: `write it in quotes: \`"${word}"\``,
        start,
        end: start + word.length,
      };
    }
    case 'BAD_DQ_ESCAPE':
      return {
        message: `\`${text.slice(start, start + 2)}\` is no escape that YAML knows`,
        help: 'double the backslash, or use single quotes',
        start,
        end: start + 2,
      };
    case 'BLOCK_IN_FLOW': {
      const length = Math.max(1, /^[^\r\n,\]}]*/.exec(text.slice(start))![0].trimEnd().length);
      const message = 'text that holds `: ` must be in quotes';
      return { message, help: 'put the whole text into one pair of quotes', start, end: start + length };
    }
    case 'BLOCK_AS_IMPLICIT_KEY':
    case 'MULTILINE_IMPLICIT_KEY':
      return brokenKey(text, errors, start);
    case 'BAD_INDENT':
      return badIndent(text, mark ?? end);
    case 'UNEXPECTED_TOKEN':
      return unexpected(text, start, end);
    case 'KEY_OVER_1024_CHARS':
      return {
        message: 'a key is longer than 1,024 characters',
        help: 'is a line break or a quote missing?',
        start,
        end: start + 1,
      };
    case 'BAD_DIRECTIVE':
      return {
        message: 'a manifest has no YAML directives',
        help: 'remove the line, or write the value in quotes',
        start,
        end,
      };
    default:
      return {
        message: `this is not YAML: ${error.message.split('\n')[0]}`,
        help: 'look at the indentation, quotes and brackets here and on the line above',
        start,
        end: Math.max(end, start + 1),
      };
  }
}

/** A key that goes over several lines: a colon, the space behind it, or the indentation went wrong. */
function brokenKey(text: string, errors: readonly YAMLParseError[], blockAt: number): Explained {
  const multiline = errors.find((each) => each.code === 'MULTILINE_IMPLICIT_KEY');
  const start = multiline?.pos[0] ?? blockAt;
  const end = lineEndOf(text, start);
  const line = text.slice(start, end).trimEnd();
  if (!multiline) {
    return {
      message: 'text that holds `: ` must be in quotes',
      help: `write \`"${line}"\``,
      start,
      end: start + line.length,
    };
  }
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const glued = /^([A-Za-z_-]+):(\S.*)$/.exec(line);
  if (glued) {
    return {
      message: 'a space is missing after the colon',
      help: `write \`${glued[1]}: ${glued[2]}\``,
      start,
      end: start + line.length,
    };
  }
  if (/:\s/.test(text.slice(lineStart, start))) return badIndent(text, end + 1);
  return {
    message: `a colon is missing after \`${line}\``,
    help: `write \`${line}:\``,
    start,
    end: start + line.length,
  };
}

function badIndent(text: string, at: number): Explained {
  const lineStart = text.lastIndexOf('\n', Math.min(at, text.length) - 1) + 1;
  const indent = /^[ \t]*/.exec(text.slice(lineStart))![0].length;
  return {
    message: 'this line is indented like nothing before it',
    help: 'give it the indentation of its neighbours',
    start: lineStart + indent,
    end: Math.max(lineStart + indent + 1, lineEndOf(text, lineStart)),
  };
}

function unexpected(text: string, start: number, end: number): Explained {
  const lineStart = text.lastIndexOf('\n', start - 1) + 1;
  const expression = text.slice(lineStart, lineEndOf(text, lineStart)).match(/\$\{\{.*?\}\}/);
  if (expression && expression.index !== undefined) {
    const from = lineStart + expression.index;
    return {
      message: 'inside of `{ }` or `[ ]` an expression must be in quotes',
      help: `write \`"${expression[0]}"\``,
      start: from,
      end: from + expression[0].length,
    };
  }
  const before = text.slice(lineStart, start).trimEnd();
  const quote = before.at(-1);
  if (quote === '"' || quote === "'") {
    return {
      message: 'there is text after the closing quote',
      help: 'put the whole value into one pair of quotes; a quote inside of it is doubled in single quotes',
      start,
      end,
    };
  }
  return {
    message: 'this does not belong here',
    help: 'look at the brackets and quotes before it; text with special characters goes into quotes',
    start,
    end: Math.max(end, start + 1),
  };
}
