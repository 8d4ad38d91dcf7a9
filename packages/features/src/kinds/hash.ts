import { int, murmurHash3 } from '@trestle/onnx';
import { z } from 'zod';
import { numberedNodes, stringInput, stringReader } from '../categorical.ts';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import { stringsOf } from '../table.ts';

interface HashStep extends FeatureStep {
  readonly kind: 'hash';
  readonly column: string;
  readonly buckets: number;
}

/** One column per remainder of a string's hash (MurmurHash3, 32 bits, of UTF-8): nothing is learnt, so nothing is unseen. */
export const hash = featureKind({
  kind: 'hash',
  spec: z.strictObject({
    kind: z.literal('hash'),
    column: z.string().optional(),
    buckets: z.number().int().min(2).max(4_096).default(32),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly HashStep[] => {
    const column = spec.column ?? name;
    stringsOf(table, column, name);
    return [{ kind: 'hash', name, column, buckets: spec.buckets }];
  },
  inputs: (step) => [stringInput(step.column)],
  columns: ({ name, buckets }) => Array.from({ length: buckets }, (_, bucket) => `${name} # ${bucket}`),
  encoder({ column, buckets }, columns) {
    const string = stringReader(column, columns);
    return (row, put) => put(((murmurHash3(string(row), 0) % buckets) + buckets) % buckets, 1);
  },
  nodes(graph, { column, buckets }) {
    // MurmurHash3 is no operator of the standard.
    graph.require('com.microsoft', 1);
    const hashed = graph.add('MurmurHash3', [column], { seed: int(0), positive: int(0) }, 'com.microsoft');
    // The remainder of a negative number is positive, as the divisor is.
    const bucket = graph.add('Mod', [hashed, graph.constant('int32', [1], [buckets])]);
    return numberedNodes(graph, graph.add('Cast', [bucket], { to: int(7) }), [...Array(buckets).keys()]);
  },
});
