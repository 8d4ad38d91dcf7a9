import { shellWord } from '@trestle/kernel';
import {
  describeRelation,
  type Engine,
  exactRelation,
  isInexact,
  type LocalSource,
  misfitIn,
  type TypedColumn,
} from '@trestle/tables';
import { dataError } from '../data-error.ts';
import { type WrittenPart, writePart } from './write-part.ts';

/** What a part is written from, and how an error names it. */
interface Written {
  readonly relation: string;
  readonly shown: string;
  readonly format?: LocalSource['format'];
}

/** Writes a part in which every value is the one that was read. @throws TRS_DATA_VALUE_CHANGED naming column and row */
export async function writeExact(
  engine: Engine,
  { shown, format, relation }: Written,
  columns: readonly TypedColumn[],
  dir: string,
  isBehind: boolean,
): Promise<WrittenPart> {
  const found = await describeRelation(engine, relation);
  try {
    return await writePart(engine, exactRelation(relation, columns, found), columns, dir);
  } catch (thrown) {
    const misfit = isInexact(thrown) ? await misfitIn(engine, relation, columns, found) : undefined;
    if (!misfit) throw thrown;
    const { column, row, value } = misfit;
    const type = columns.find(({ name }) => name === column)?.type ?? 'string';
    // Its header is the first line.
    const place =
      format === 'csv' || format === 'tsv'
        ? `row ${row} (line ${row + 1}, where no value is longer than a line)`
        : `row ${row}`;
    throw dataError('VALUE_CHANGED', {
      kind: 'invalid',
      message: `"${shown}": ${place} of column "${column}" holds ${JSON.stringify(value.slice(0, 100))}, which is no ${type}${isBehind ? ' of this dataset' : ''} without becoming another value.`,
      hint: isBehind
        ? `Nothing was added. Add all rows as a new version (without --append), or give the column a wider type there: --type ${shellWord(`${column}=string`)}.`
        : `Nothing was added. As texts all values stay what they are: --type ${shellWord(`${column}=string`)}.`,
      details: { column, row, value, type },
    });
  }
}
