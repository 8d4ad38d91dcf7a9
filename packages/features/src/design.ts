import type { DesignPart } from '@trestle/model';
import { int } from '@trestle/onnx';
import type { FeatureColumns, LearntFeature } from './feature-kind.ts';

/** The names of the columns of the design matrix, the blocks of all features in order. */
export const designColumns = (features: readonly LearntFeature[]): readonly string[] =>
  features.flatMap((feature) => feature.columns());

/** Of each of those columns how many categories it holds the places of, 0 of numbers. */
export const designCategories = (features: readonly LearntFeature[]): readonly number[] =>
  features.flatMap((feature) => feature.categories());

/**
 * The design matrix [rows, columns] in row-major order, computed in float32 step by step exactly as the graph does, so that
 * what was trained on is what is served.
 */
export function encodeDesign(
  features: readonly LearntFeature[],
  columns: FeatureColumns,
  rows: number,
): {
  readonly matrix: Float32Array;
  readonly width: number;
} {
  const widths = features.map((feature) => feature.columns().length);
  const width = widths.reduce((sum, one) => sum + one, 0);
  const matrix = new Float32Array(rows * width);
  let at = 0;
  for (const [index, feature] of features.entries()) {
    const encode = feature.encoder(columns);
    let place = 0;
    // The words of a text add up; everything else is put once.
    const put = (column: number, value: number): void => {
      matrix[place + column] = (matrix[place + column] ?? 0) + value;
    };
    for (let row = 0; row < rows; row++) {
      place = row * width + at;
      encode(row, put);
    }
    at += widths[index] ?? 0;
  }
  return { matrix, width };
}

/** The features as the first part of a model's graph: each input once, as several features may be made of one column. */
export const designPart = (features: readonly LearntFeature[]): DesignPart => ({
  inputs: [...new Map(features.flatMap(({ inputs }) => inputs).map((input) => [input.name, input])).values()],
  design(graph) {
    const blocks = features.map((feature) => feature.nodes(graph));
    const [only] = blocks;
    return blocks.length === 1 && only !== undefined ? only : graph.add('Concat', blocks, { axis: int(1) });
  },
});
