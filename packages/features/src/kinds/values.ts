import { floats, int } from '@trestle/onnx';
import { quantile } from '@trestle/statistics';
import { z } from 'zod';
import { type FeatureStep, featureKind, unsuited } from '../feature-kind.ts';
import { type NumericStep, numberInput, numberNode, shifted, shiftOf } from '../numeric.ts';
import { columnOf } from '../table.ts';

interface ValueColumn extends Pick<NumericStep, 'column' | 'shift'> {
  /** Stands for a missing one where none was in training: NaN where some were, and splits know where they belong. */
  readonly impute: number;
}

interface ValuesStep extends FeatureStep {
  readonly kind: 'values';
  readonly numbers: readonly ValueColumn[];
}

/**
 * Numbers as they are, missing ones NaN (the median, where none was missing in training), for estimators to which their unit says nothing: shifted only where float32 could not
 * tell them apart. No recipe takes it, as those that multiply would make NaN of all.
 */
export const values = featureKind({
  kind: 'values',
  spec: z.strictObject({ kind: z.literal('values'), columns: z.array(z.string()).min(1) }),
  sources: (_, spec) => spec.columns,
  learn: (name, spec, { table }): readonly ValuesStep[] => [
    {
      kind: 'values',
      name,
      numbers: spec.columns.map((column) => {
        const found = columnOf(table, column, name);
        if (found.type === 'string' || found.type === 'image')
          throw unsuited(name, `"${column}" holds no numbers`);
        const present = found.values.filter((value) => !Number.isNaN(value)).sort();
        const shift = shiftOf(present);
        const median = shifted(quantile(present, 0.5), shift);
        const impute = present.length < found.values.length ? Number.NaN : median;
        return { column, impute, ...(shift ? { shift } : {}) };
      }),
    },
  ],
  inputs: (step) => step.numbers.map(numberInput),
  columns: (step) => step.numbers.map(({ column }) => column),
  describe: (step) =>
    step.numbers.map(({ column, impute }) => ({
      column,
      encoding: `number: as it is, ${Number.isNaN(impute) ? 'also where it is missing' : 'a missing one as the median'}`,
    })),
  encoder(step, columns) {
    const each = step.numbers.map(({ column, shift, impute }) => ({
      values: columns[column],
      shift,
      instead: Math.fround(impute),
    }));
    return (row, put) => {
      for (let index = 0; index < each.length; index++) {
        const one = each[index];
        const value = Math.fround(shifted(Number(one?.values?.[row] ?? Number.NaN), one?.shift));
        put(index, Number.isNaN(value) ? (one?.instead ?? value) : value);
      }
    };
  },
  nodes(graph, step) {
    const names = step.numbers.map((one) => numberNode(graph, one));
    const raw =
      names.length === 1 ? graph.add('Identity', names) : graph.add('Concat', names, { axis: int(1) });
    if (step.numbers.every(({ impute }) => Number.isNaN(impute))) return raw;
    return graph.add(
      'Imputer',
      [raw],
      {
        imputed_value_floats: floats(step.numbers.map(({ impute }) => impute)),
        replaced_value_float: { kind: 'float', value: Number.NaN },
      },
      'ai.onnx.ml',
    );
  },
});
