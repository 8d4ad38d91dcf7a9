import type { Model } from '@trestle/model';
import type { Table } from '../table/table.ts';

const CHUNK_ROWS = 2_048;

/** A packaged model's scores for a table, through its graph: what is measured is what will be served. */
export async function scoreModel(model: Model, table: Table): Promise<Float64Array> {
  const parts: number[] = [];
  for (let from = 0; from < table.rows; from += CHUNK_ROWS) {
    const rows = Math.min(CHUNK_ROWS, table.rows - from);
    const feeds = model.inputs.map(({ name }) => {
      const column = table.columns[name];
      const dims = [rows, 1];
      if (column?.type === 'string')
        return [
          name,
          { type: 'string' as const, dims, data: column.values.slice(from, from + rows) },
        ] as const;
      const values = column
        ? Float32Array.from(column.values.subarray(from, from + rows))
        : new Float32Array(rows).fill(Number.NaN);
      return [name, { type: 'float32' as const, dims, data: values }] as const;
    });
    const outputs = await model.run(Object.fromEntries(feeds));
    for (const value of outputs[model.outputs[0]?.name ?? '']?.data ?? []) parts.push(Number(value));
  }
  return Float64Array.from(parts);
}
