/** Looks through rows once, and gives those of a run. */
export function byRun<T extends { readonly run: string }>(rows: readonly T[]): (run: string) => readonly T[] {
  const groups = new Map<string, T[]>();
  for (const row of rows) {
    const known = groups.get(row.run);
    if (known) known.push(row);
    else groups.set(row.run, [row]);
  }
  return (run) => groups.get(run) ?? [];
}
