import type { TensorData } from '@trestle/onnx';
import type { Row } from '../check-rows.ts';
import type { Feature } from '../metadata.ts';
import { invalid, ModelError } from '../model-error.ts';
import { decodeImage, type Pixels } from './decode-image.ts';

export type Feeds = Readonly<Record<string, Omit<TensorData, 'name'>>>;

/** Is told of each image when it is decoded: its row, its feature, and what it shows. */
export type OnImage = (row: number, feature: string, pixels: Pixels) => void;

/** Values that wait to be computed with; an image alone may have more. */
const WAITING_VALUES = 2 ** 24;

/**
 * Decodes the images of rows, and gives rows with images of the same sizes together, as tensors of the graph: memory holds
 * some of them at a time.
 *
 * @throws TRS_MODEL_ROW_INVALID naming the row, the field and what is wrong with the image
 */
export async function* imageGroups(
  features: readonly Feature[],
  rows: readonly Row[],
  onImage: OnImage = () => {},
): AsyncGenerator<{ readonly rows: readonly number[]; readonly feeds: Feeds }> {
  const images = features.filter(({ type }) => type === 'image');
  let groups = new Map<string, { rows: number[]; pixels: Pixels[][] }>();
  let waiting = 0;
  for (const [index, row] of rows.entries()) {
    const pixels: Pixels[] = [];
    for (const feature of images) {
      const decoded = await decodeField(feature, row, index);
      onImage(index, feature.name, decoded);
      pixels.push(decoded);
    }
    const key = pixels.map(({ height, width }) => `${height}x${width}`).join();
    const group = groups.get(key) ?? { rows: [], pixels: [] };
    group.rows.push(index);
    group.pixels.push(pixels);
    groups.set(key, group);
    waiting += pixels.reduce((sum, { data }) => sum + data.length, 0);
    if (waiting < WAITING_VALUES && index + 1 < rows.length) continue;
    for (const { rows: alike, pixels: decoded } of groups.values())
      yield { rows: alike, feeds: feedsOfImages(images, decoded) };
    groups = new Map();
    waiting = 0;
  }
}

async function decodeField({ name, image }: Feature, row: Row, index: number): Promise<Pixels> {
  try {
    return await decodeImage(row[name], image?.channels ?? 3);
  } catch (thrown) {
    if (thrown instanceof ModelError) throw invalid(index, name, String(thrown.details.reason));
    throw thrown;
  }
}

function feedsOfImages(images: readonly Feature[], rows: readonly (readonly Pixels[])[]): Feeds {
  return Object.fromEntries(
    images.map(({ name }, place) => {
      const [first] = rows;
      const { height = 0, width = 0, channels = 0 } = first?.[place] ?? {};
      const data = new Float32Array(rows.length * height * width * channels);
      for (const [index, row] of rows.entries())
        data.set(row[place]?.data ?? [], index * height * width * channels);
      return [name, { type: 'float32' as const, dims: [rows.length, height, width, channels], data }];
    }),
  );
}
