import {
  designCategories,
  designColumns,
  designPart,
  encodeDesign,
  type FeatureColumns,
  type FeatureKind,
  type LearnFrom,
} from '@trestle/features';
import { graphBuilder, openSession } from '@trestle/onnx';
import { describe, expect, it } from 'vitest';

export interface FeatureKindUnderTest {
  /** Declarations to try: name and spec, as a recipe has them. */
  readonly recipe: Readonly<Record<string, { readonly kind: string }>>;
  /** What they learn from. */
  readonly from: LearnFrom;
  /** Rows to encode: seen and unseen values, and missing ones (NaN, ''). Images are not tried. */
  readonly columns: FeatureColumns;
  readonly rows: number;
  /** A declaration that the kind has to refuse. */
  readonly wrong: { readonly kind: string };
}

/** What every feature kind must do. Call it inside a vitest file. */
export function featureKindContract(
  kind: FeatureKind,
  { recipe, from, columns, rows, wrong }: FeatureKindUnderTest,
) {
  const learn = () => Object.entries(recipe).flatMap(([name, spec]) => kind.declare(name, spec).learn(from));

  describe(`${kind.kind}: feature kind contract`, () => {
    it('says what it is made of before anything is learnt, and reads nothing else', () => {
      for (const [name, spec] of Object.entries(recipe)) {
        const declared = kind.declare(name, spec);
        const read = declared.learn(from).flatMap(({ inputs }) => inputs.map((input) => input.name));
        expect(declared.sources.length).toBeGreaterThan(0);
        expect(declared.sources).toEqual(expect.arrayContaining(read));
      }
    });

    it('refuses what it does not know, and a column that is not there, by the name of the feature', () => {
      const refused = expect.objectContaining({ code: 'TRS_TRAIN_FEATURE', details: { feature: 'f' } });
      expect(() => kind.declare('f', wrong)).toThrow(refused);
      const [spec = wrong] = Object.values(recipe);
      const nowhere = { ...from, table: { rows: from.table.rows, columns: {} } };
      expect(() => kind.declare('f', spec).learn(nowhere)).toThrow(refused);
    });

    it('learns the same twice, as plain data', () => {
      const steps = learn().map(({ step }) => step);
      expect(learn().map(({ step }) => step)).toEqual(steps);
      expect(structuredClone(steps)).toEqual(steps);
    });

    it('has a name of its own for each column', () => {
      const names = designColumns(learn());
      expect(names.length).toBeGreaterThan(0);
      expect(new Set(names).size).toBe(names.length);
    });

    it('of a column of categories has their places, as many as it says', () => {
      const features = learn();
      const { matrix, width } = encodeDesign(features, columns, rows);
      const counts = designCategories(features);
      expect(counts).toHaveLength(width);
      for (const [at, value] of matrix.entries()) {
        const count = counts[at % width] ?? 0;
        if (count > 0) expect([...Array(count).keys()]).toContain(value);
      }
    });

    it('is computed by the graph as training computes it', async () => {
      const features = learn();
      const { matrix, width } = encodeDesign(features, columns, rows);
      const part = designPart(features);
      const graph = graphBuilder([
        { domain: '', version: 18 },
        { domain: 'ai.onnx.ml', version: 3 },
      ]);
      const design = part.design(graph);
      const session = await openSession({
        irVersion: 8,
        producer: 'contract',
        opsets: graph.opsets(),
        graph: {
          name: 'design',
          nodes: graph.nodes,
          initializers: graph.initializers,
          inputs: part.inputs,
          outputs: [{ name: design, type: 'float32', dims: ['batch', width] }],
        },
        metadata: {},
      });
      const feeds = part.inputs.map(({ name, type }) => {
        const values = Array.from({ length: rows }, (_, row) => columns[name]?.[row]);
        const dims = [rows, 1];
        if (type === 'string') return [name, { type, dims, data: values.map(String) }] as const;
        if (type === 'float64')
          return [name, { type, dims, data: Float64Array.from(values, Number) }] as const;
        return [name, { type: 'float32' as const, dims, data: Float32Array.from(values, Number) }] as const;
      });
      const { [design]: computed } = await session.run(Object.fromEntries(feeds));
      expect(computed?.dims).toEqual([rows, width]);
      const names = designColumns(features);
      for (const [at, value] of matrix.entries()) {
        const found = Number(computed?.data?.[at]);
        // A missing value that stays one is the same on both sides.
        if (Number.isNaN(value) && Number.isNaN(found)) continue;
        const off = Math.abs(found - value);
        expect(off, `${names[at % width]} of row ${Math.floor(at / width)}`).toBeLessThanOrEqual(
          1e-5 * Math.max(1, Math.abs(value)),
        );
      }
    });
  });
}
