import type { Table, TableColumn } from '@trestle/features';
import { imageGroups, type Model, readWritten } from '@trestle/model';
import { breathe } from '../breathe.ts';
import { toRows } from '../packaging/golden.ts';
import { takeRows } from '../table/table.ts';
import { labelTexts } from '../table/target.ts';

const CHUNK_ROWS = 2_048;

/** A packaged model's scores for a table, through its graph: what is measured is what will be served. */
export async function scoreModel(model: Model, table: Table): Promise<Float64Array> {
  const images = model.features.filter(({ type }) => type === 'image');
  const parts: number[] = [];
  for (let from = 0; from < table.rows; from += CHUNK_ROWS) {
    // A graph that runs on the host gives nobody else a turn, and a lease has to be renewed.
    await breathe();
    const length = Math.min(CHUNK_ROWS, table.rows - from);
    const places = Array.from({ length }, (_, index) => from + index);
    if (images.length === 0) {
      for (const value of await outputOf(model, takeRows(table, places), {})) parts.push(value);
      continue;
    }
    // As they are served: decoded by the model, and given to its graph in groups of one size.
    const found: (readonly number[])[] = [];
    for await (const { rows, feeds } of imageGroups(images, toRows(table, images, places))) {
      const part = takeRows(
        table,
        rows.map((row) => from + row),
      );
      const values = await outputOf(model, part, feeds);
      const width = values.length / rows.length;
      for (const [index, row] of rows.entries())
        found[row] = values.slice(index * width, (index + 1) * width);
    }
    for (const scores of found) parts.push(...scores);
  }
  return Float64Array.from(parts);
}

/** A column of texts as the numbers that the model's feature reads from them: in other rows they may not have shown what they are. */
function readAs({ features }: Model, name: string, column: TableColumn | undefined): TableColumn | undefined {
  const written = features.find((feature) => feature.name === name)?.written;
  if (written === undefined || column?.type !== 'string') return column;
  const values = Float64Array.from(column.values, (text) => readWritten(written, text) ?? Number.NaN);
  return { type: 'number', values };
}

function textsOf(column: TableColumn | undefined, rows: number): readonly string[] {
  if (!column) return new Array<string>(rows).fill('');
  if (column.type === 'string') return column.values;
  return labelTexts(column);
}

function numbersOf(column: TableColumn | undefined, rows: number): Float64Array {
  if (!column) return new Float64Array(rows).fill(Number.NaN);
  if (column.type === 'string')
    return Float64Array.from(column.values, (text) => (text === '' ? Number.NaN : Number(text)));
  return Float64Array.from(column.values);
}

type Feeds = Parameters<Model['run']>[0];

async function outputOf(model: Model, table: Table, images: Feeds): Promise<number[]> {
  const feeds = model.inputs.map(({ name, type }) => {
    const column = readAs(model, name, table.columns[name]);
    const dims = [table.rows, 1];
    const image = images[name];
    if (image) return [name, image] as const;
    // In other rows a column may be missing, or not have shown of which type it is: what the graph takes decides.
    if (type === 'string') return [name, { type, dims, data: textsOf(column, table.rows) }] as const;
    const numbers = numbersOf(column, table.rows);
    if (type === 'float64') return [name, { type, dims, data: numbers }] as const;
    return [name, { type: 'float32' as const, dims, data: Float32Array.from(numbers) }] as const;
  });
  const outputs = await model.run(Object.fromEntries(feeds));
  return Array.from(outputs[model.outputs[0]?.name ?? '']?.data ?? [], Number);
}
