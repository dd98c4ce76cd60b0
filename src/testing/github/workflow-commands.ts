/** An annotation as the runner takes it from a log. */
export interface SeenAnnotation {
  readonly level: 'error' | 'warning' | 'notice';
  readonly message: string;
  readonly title?: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
}

/** What a runner makes of the lines of a process: the log that people see, and the commands in it. */
export interface LogReader {
  /** Any piece of output, of either stream. */
  push(chunk: string): void;
  end(): void;
  /** As people see it: values are masked from the moment on at which they were registered. */
  readonly log: string;
  /** As it was printed. */
  readonly raw: string;
  readonly annotations: readonly SeenAnnotation[];
  /** Titles of groups, in order. */
  readonly groups: readonly string[];
  /** Commands that a runner warns about or refuses: `set-output`, `save-state`, unknown ones. */
  readonly refusedCommands: readonly string[];
}

/** Values that the runner hides, of a whole job. */
export interface Masks {
  add(value: string): void;
  has(text: string): boolean;
  apply(text: string): string;
}

export function makeMasks(values: readonly string[] = []): Masks {
  const secrets = new Set<string>();
  const masks: Masks = {
    add(value) {
      // Of a value with several lines, the whole and each line.
      for (const part of [value, ...value.split(/\r?\n/)]) if (part.trim() !== '') secrets.add(part);
    },
    has: (text) => [...secrets].some((secret) => text.includes(secret)),
    apply(text) {
      const longestFirst = [...secrets].sort((a, b) => b.length - a.length);
      return longestFirst.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
    },
  };
  for (const value of values) masks.add(value);
  return masks;
}

const COMMAND = /^::([a-zA-Z-]+)(?: ([^:]*(?::(?!:)[^:]*)*))?::(.*)$/;
const SILENT = new Set(['debug', 'echo', 'add-matcher', 'remove-matcher']);

export function readLog(masks: Masks): LogReader {
  const [shown, printed]: [string[], string[]] = [[], []];
  const annotations: SeenAnnotation[] = [];
  const [groups, refusedCommands]: [string[], string[]] = [[], []];
  let rest = '';
  /** While set, nothing is a command but this. */
  let stopToken: string | undefined;

  function line(text: string): void {
    printed.push(text);
    const [, name, properties, data] = COMMAND.exec(text.trimStart()) ?? [];
    if (stopToken !== undefined) {
      if (text.trim() === `::${stopToken}::`) stopToken = undefined;
      else shown.push(masks.apply(text));
      return;
    }
    if (name === undefined || data === undefined) {
      shown.push(masks.apply(text));
      return;
    }
    command(name.toLowerCase(), readProperties(properties ?? ''), unescaped(data));
  }

  function command(name: string, properties: ReadonlyMap<string, string>, data: string): void {
    if (name === 'add-mask') masks.add(data);
    else if (name === 'stop-commands') stopToken = data;
    else if (name === 'group') {
      groups.push(masks.apply(data));
      shown.push(`##[group]${masks.apply(data)}`);
    } else if (name === 'endgroup') shown.push('##[endgroup]');
    else if (name === 'error' || name === 'warning' || name === 'notice') {
      annotations.push(annotationOf(name, properties, masks.apply(data), masks));
      shown.push(`##[${name}]${masks.apply(data)}`);
    } else if (!SILENT.has(name)) refusedCommands.push(name);
  }

  return {
    push(chunk) {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop() ?? '';
      for (const each of lines) line(each);
    },
    end() {
      if (rest !== '') line(rest);
      rest = '';
    },
    get log() {
      return shown.join('\n');
    },
    get raw() {
      return printed.join('\n');
    },
    annotations,
    groups,
    refusedCommands,
  };
}

function annotationOf(
  level: SeenAnnotation['level'],
  properties: ReadonlyMap<string, string>,
  message: string,
  masks: Masks,
): SeenAnnotation {
  const text = (name: string) => (properties.has(name) ? { [name]: masks.apply(properties.get(name)!) } : {});
  const [line, column] = [properties.get('line'), properties.get('col')];
  return {
    level,
    message,
    ...text('title'),
    ...text('file'),
    ...(line === undefined ? {} : { line: Number(line) }),
    ...(column === undefined ? {} : { column: Number(column) }),
  };
}

function readProperties(text: string): Map<string, string> {
  const pairs = text.split(',').map((pair) => pair.trim().split(/=(.*)/s) as [string, string?]);
  return new Map(
    pairs.flatMap(([name, value]) => (value === undefined || value === '' ? [] : [[name, unescapedProperty(value)]])),
  );
}
function unescaped(text: string): string {
  return text.replaceAll('%0D', '\r').replaceAll('%0A', '\n').replaceAll('%25', '%');
}
function unescapedProperty(text: string): string {
  return unescaped(text.replaceAll('%3A', ':').replaceAll('%2C', ','));
}

/** The pairs of a command file (GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV): `name=value`, or a text between delimiters. */
export function readCommandFile(text: string): Map<string, string> {
  const values = new Map<string, string>();
  const lines = text.split(/\r?\n/);
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i]!;
    if (line === '') continue;
    const [, name, delimiter] = /^([^=]*?)<<(.+)$/.exec(line) ?? [];
    if (name === undefined || delimiter === undefined) {
      const at = line.indexOf('=');
      if (at < 1) throw new Error(`the runner refuses the line ${JSON.stringify(line)} of a command file`);
      values.set(line.slice(0, at), line.slice(at + 1));
      continue;
    }
    const end = lines.indexOf(delimiter, i + 1);
    if (end < 0) throw new Error(`the runner finds no end of the value of ${name} (${delimiter})`);
    values.set(name, lines.slice(i + 1, end).join('\n'));
    i = end;
  }
  return values;
}
