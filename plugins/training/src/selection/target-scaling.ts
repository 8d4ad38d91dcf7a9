import type { Task } from '@trestle/contracts';
import { inFloat64 } from '@trestle/model';
import type { GraphPart } from '@trestle/onnx';

/** From so much rounding on, in deviations, numbers are brought back in float64. */
const ROUNDING = 1e-6;
/** Beyond these products leave the range of float32. */
const [LARGE, SMALL] = [1e30, 1e-30];

/** Targets as they are learnt, and the way back. */
export interface TargetScaling {
  readonly scaled: Float64Array;
  /** Where float32 could not tell the numbers apart: what brings them back in float64. */
  readonly exact: { readonly centre: number; readonly scale: number } | undefined;
  back(values: ArrayLike<number>): Float64Array;
  head(head: GraphPart): GraphPart;
}

/** Numbers are learnt with mean 0 and standard deviation 1, whatever their unit; classes as they are. */
export function targetScaling(task: Task, targets: Float64Array): TargetScaling {
  if (task !== 'regression')
    return {
      scaled: targets,
      exact: undefined,
      back: (values) => Float64Array.from(values),
      head: (head) => head,
    };
  let [mean, square] = [0, 0];
  for (const value of targets) mean += value / targets.length;
  for (const value of targets) square += (value - mean) ** 2 / targets.length;
  const deviation = Math.sqrt(square) || 1;
  const furthest = Math.abs(mean) + deviation;
  const isFine = furthest * 2 ** -24 <= ROUNDING * deviation && furthest < LARGE && deviation > SMALL;
  return {
    exact: isFine ? undefined : { centre: mean, scale: deviation },
    scaled: targets.map((value) => (value - mean) / deviation),
    back: (values) => Float64Array.from(values, (value) => value * deviation + mean),
    head:
      (head: GraphPart): GraphPart =>
      (graph, design) => {
        if (!isFine) return inFloat64(head, { centre: mean, scale: deviation })(graph, design);
        const scalar = (value: number): string => graph.constant('float32', [1], Float32Array.of(value));
        const spread = graph.add('Mul', [head(graph, design), scalar(deviation)]);
        return graph.add('Add', [spread, scalar(mean)]);
      },
  };
}
