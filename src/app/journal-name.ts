/** Each run of a process has its own journal, so that one is done with while others go on. */
export function journalName(writer: string, run: string): string {
  return `${writer}.${run}`;
}
