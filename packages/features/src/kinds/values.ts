import { int } from '@trestle/onnx';
import { z } from 'zod';
import { type FeatureStep, featureKind, unsuited } from '../feature-kind.ts';
import { type NumericStep, numberInput, numberNode, shifted, shiftOf } from '../numeric.ts';
import { columnOf } from '../table.ts';

type ValueColumn = Pick<NumericStep, 'column' | 'shift'>;

interface ValuesStep extends FeatureStep {
  readonly kind: 'values';
  readonly numbers: readonly ValueColumn[];
}

/**
 * Numbers as they are, missing ones NaN, for estimators to which their unit says nothing: shifted only where float32 could not
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
        const shift = shiftOf(found.values.filter((value) => !Number.isNaN(value)));
        return { column, ...(shift ? { shift } : {}) };
      }),
    },
  ],
  inputs: (step) => step.numbers.map(numberInput),
  columns: (step) => step.numbers.map(({ column }) => column),
  describe: (step) =>
    step.numbers.map(({ column }) => ({ column, encoding: 'number: as it is, also where it is missing' })),
  encoder(step, columns) {
    const each = step.numbers.map(({ column, shift }) => ({ values: columns[column], shift }));
    return (row, put) => {
      for (let index = 0; index < each.length; index++) {
        const one = each[index];
        put(index, Math.fround(shifted(Number(one?.values?.[row] ?? Number.NaN), one?.shift)));
      }
    };
  },
  nodes(graph, step) {
    const names = step.numbers.map((one) => numberNode(graph, one));
    return names.length === 1 ? graph.add('Identity', names) : graph.add('Concat', names, { axis: int(1) });
  },
});
