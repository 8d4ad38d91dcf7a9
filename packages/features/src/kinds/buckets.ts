import { int } from '@trestle/onnx';
import { quantile } from '@trestle/statistics';
import { z } from 'zod';
import { type FeatureStep, featureKind } from '../feature-kind.ts';
import {
  imputeNode,
  learnNumeric,
  type NumericStep,
  numberInput,
  numberReader,
  numericSpec,
  unshifted,
} from '../numeric.ts';

/** Intervals between ascending edges, open at both ends; a value on an edge is below it. */
interface BucketsStep extends FeatureStep, NumericStep {
  readonly kind: 'buckets';
  readonly edges: readonly number[];
}

/** One column per interval of a number, as many rows in each. */
export const buckets = featureKind({
  kind: 'buckets',
  spec: z.strictObject({
    kind: z.literal('buckets'),
    ...numericSpec,
    count: z.number().int().min(2).max(100).default(8),
  }),
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly BucketsStep[] => {
    const { step, present } = learnNumeric(name, spec, table);
    const shares = Array.from({ length: spec.count - 1 }, (_, edge) => (edge + 1) / spec.count);
    const edges = [...new Set(shares.map((share) => Math.fround(quantile(present, share))))];
    return [{ kind: 'buckets', name, ...step, edges }];
  },
  inputs: (step) => [numberInput(step)],
  columns: ({ name, edges, shift }) => [
    ...edges.map((edge) => `${name} <= ${unshifted(edge, shift)}`),
    `${name} beyond`,
  ],
  encoder(step, columns) {
    const number = numberReader(step, columns);
    const edges = step.edges.map(Math.fround);
    return (row, put) => {
      const value = number(row);
      const bucket = edges.findIndex((edge) => value <= edge);
      put(bucket === -1 ? edges.length : bucket, 1);
    };
  },
  nodes(graph, step) {
    const value = imputeNode(graph, step);
    const edges = graph.constant('float32', [1, step.edges.length], Float32Array.from(step.edges));
    const above = graph.add('Cast', [graph.add('Greater', [value, edges])], { to: int(1) });
    const one = graph.add('Cast', [graph.add('Equal', [value, value])], { to: int(1) });
    const zero = graph.add('Sub', [one, one]);
    // Above the edge before and not above the next: 1 between them.
    const before = graph.add('Concat', [one, above], { axis: int(1) });
    return graph.add('Sub', [before, graph.add('Concat', [above, zero], { axis: int(1) })]);
  },
});
