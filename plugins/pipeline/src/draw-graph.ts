import type { GraphStep } from './graph.ts';

/**
 * The graph as text: a column of rails for what is still read further down, one line a step, as version control draws its
 * history. `│` passes by, `●` makes, `○` is a dataset that is only read.
 */
export function drawGraph(graph: readonly GraphStep[]): readonly string[] {
  const lines: string[] = [];
  const readers = (name: string, from: number): boolean =>
    graph.slice(from).some((step) => step.inputs.some((input) => input.name === name));
  // What each rail carries; undefined is a free one.
  let rails: (string | undefined)[] = [];
  const put = (name: string, mark: string, text: string): void => {
    const free = rails.indexOf(undefined);
    const at = free === -1 ? rails.length : free;
    rails[at] = name;
    lines.push(
      `${rails.map((rail, index) => (index === at ? mark : rail === undefined ? ' ' : '│')).join(' ')}  ${text}`,
    );
  };
  for (const [index, step] of graph.entries()) {
    for (const { name, kind } of step.inputs)
      if (kind === 'dataset' && !rails.includes(name)) put(name, '○', name);
    // A rail that nothing reads any more ends here.
    const ends = rails.map((name) => name !== undefined && !readers(name, index + 1));
    const reads = rails.map((name) => step.inputs.some((input) => input.name === name));
    if (reads.some(Boolean)) {
      lines.push(
        rails
          .map((name, at) => (name === undefined ? ' ' : reads[at] ? (ends[at] ? '╵' : '├') : '│'))
          .join(' '),
      );
    }
    rails = withoutFree(rails.map((name, at) => (ends[at] ? undefined : name)));
    const [inputs, compares] = [step.inputs, step.compares].map((reads) =>
      reads.map(({ name }) => name).join(', '),
    );
    const compared = compares ? ` (compared with ${compares})` : '';
    put(step.name, '●', `${step.name} ← ${inputs || 'nothing'}${compared}`);
    if (!readers(step.name, index + 1)) rails[rails.indexOf(step.name)] = undefined;
    rails = withoutFree(rails);
  }
  return lines;
}

/** Free rails at the right end are no rails. */
const withoutFree = (rails: readonly (string | undefined)[]): (string | undefined)[] =>
  rails.slice(0, rails.findLastIndex((rail) => rail !== undefined) + 1);
