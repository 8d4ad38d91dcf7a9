import type { GraphBuilder } from '@trestle/onnx';
import { unsuited } from './feature-kind.ts';

/** What white space divides (ASCII's, as ONNX StringSplit takes it). */
export const wordsOf = (text: string): readonly string[] =>
  text.split(/[ \t\n\v\f\r]+/).filter((word) => word !== '');

/** All runs of up to `longest` words. */
export function* runsOf(words: readonly string[], longest: number): Generator<readonly string[]> {
  for (let length = 1; length <= longest; length++)
    for (let from = 0; from + length <= words.length; from++) yield words.slice(from, from + length);
}

/**
 * Runs of words that are in enough rows, the most frequent first; spellings that differ in case are one.
 *
 * @throws TRS_TRAIN_FEATURE where no word is in enough rows
 */
export function frequentRuns(
  feature: string,
  column: string,
  spec: { readonly longest: number; readonly minRows: number; readonly max: number },
  values: readonly string[],
): readonly { readonly rows: number; readonly spellings: readonly (readonly string[])[] }[] {
  const spellings = new Map<string, Map<string, readonly string[]>>();
  const rows = new Map<string, number>();
  for (const value of values) {
    const seen = new Set<string>();
    for (const run of runsOf(wordsOf(value), spec.longest)) {
      const key = run.join(' ').toLowerCase();
      spellings.set(key, (spellings.get(key) ?? new Map()).set(run.join(' '), run));
      seen.add(key);
    }
    for (const key of seen) rows.set(key, (rows.get(key) ?? 0) + 1);
  }
  const kept = [...rows]
    .filter(([, count]) => count >= spec.minRows)
    .sort(([a, countA], [b, countB]) => countB - countA || (a < b ? -1 : 1))
    .slice(0, spec.max);
  if (kept.length === 0) throw unsuited(feature, `no word of "${column}" is in ${spec.minRows} rows`);
  return kept.map(([key, count]) => ({ rows: count, spellings: [...(spellings.get(key)?.values() ?? [])] }));
}

/** The words of each text of a column, [batch, most words], filled up with ''. */
export function wordNodes(graph: GraphBuilder, column: string): string {
  // StringSplit came with the 20th operator set.
  graph.require('', 20);
  const texts = graph.add('Reshape', [column, graph.constant('int64', [1], [-1])]);
  return graph.add('StringSplit', [texts], {}, '', 2);
}
