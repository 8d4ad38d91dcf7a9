import { type DeclaredFeature, imageSpecSchema, type Table, type TableColumn } from '@trestle/features';
import { decodeImages, type ImageStatistics, imageStatistics, ModelError } from '@trestle/model';
import { trainError } from '../train-error.ts';

type ImageSpec = ReturnType<typeof imageSpecSchema.parse>;

/**
 * Decodes the columns of which features are images, each once, to the size that the model takes: memory grows with rows x
 * pixels of that size, whatever the images themselves have.
 *
 * @throws TRS_TRAIN_IMAGE naming the row and what is wrong with its image, TRS_TRAIN_FEATURE
 */
export async function decodeImageColumns(
  table: Table,
  features: readonly DeclaredFeature[],
  onRow: (row: number) => void,
): Promise<Table> {
  const decoded: Record<string, TableColumn> = {};
  for (const { name, kind, spec: declared, sources } of features) {
    if (kind !== 'image') continue;
    const [column = name] = sources;
    const found = table.columns[column];
    if (found?.type !== 'string' || decoded[column]) {
      throw trainError('FEATURE', {
        kind: 'invalid',
        message: `The feature "${name}" cannot be made: ${decoded[column] ? `"${column}" is an image feature already` : `"${column}" holds no images as base64`}.`,
        hint: 'Name a column with PNGs or JPEGs as base64, as "data add FOLDER" makes it.',
        details: { feature: name },
      });
    }
    decoded[column] = await decodeColumn(column, found.values, imageSpecSchema.parse(declared), onRow);
  }
  return { ...table, columns: { ...table.columns, ...decoded } };
}

async function decodeColumn(
  column: string,
  texts: readonly string[],
  { size: [height, width], channels }: ImageSpec,
  onRow: (row: number) => void,
): Promise<TableColumn> {
  try {
    const statistics: ImageStatistics[] = [];
    const values = await decodeImages(texts, { height, width, channels }, onRow, (_, pixels) =>
      statistics.push(imageStatistics(pixels)),
    );
    return { type: 'image', values, perRow: height * width * channels, texts, statistics };
  } catch (cause) {
    if (!(cause instanceof ModelError)) throw cause;
    const { index: row, reason } = cause.details;
    throw trainError('IMAGE', {
      kind: 'invalid',
      message: `Row ${row} of "${column}": ${reason}.`,
      hint: 'Give a PNG or a JPEG in each row, or leave the row out.',
      details: { row, column },
      cause,
    });
  }
}
