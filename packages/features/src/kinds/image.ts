import { RESIZING } from '@trestle/model';
import { int, ints } from '@trestle/onnx';
import { z } from 'zod';
import { type FeatureStep, featureKind, unsuited } from '../feature-kind.ts';
import { columnOf, type ImageColumn } from '../table.ts';

/** Each is an input of a network without convolutions. */
const MAX_PIXEL_VALUES = 65_536;

export const imageSpecSchema = z
  .strictObject({
    kind: z.literal('image'),
    column: z.string().optional(),
    size: z.tuple([z.number().int().min(1).max(512), z.number().int().min(1).max(512)]),
    channels: z.union([z.literal(1), z.literal(3)]).default(3),
    /** By mean and deviation: those of the training part, or given for pixels from 0 to 1; `none` leaves them so. */
    normalise: z
      .union([
        z.enum(['learnt', 'none']),
        z.strictObject({
          mean: z.array(z.number()).min(1).max(3),
          deviation: z.array(z.number().positive()).min(1).max(3),
        }),
      ])
      .default('learnt'),
  })
  .refine(({ size: [height, width], channels }) => height * width * channels <= MAX_PIXEL_VALUES, {
    message: `an image becomes at most ${MAX_PIXEL_VALUES} numbers`,
    path: ['size'],
  })
  .refine(
    ({ normalise, channels }) =>
      typeof normalise === 'string' ||
      (normalise.mean.length === channels && normalise.deviation.length === channels),
    { message: 'one mean and one deviation per channel', path: ['normalise'] },
  );

interface ImageStep extends FeatureStep {
  readonly kind: 'image';
  readonly column: string;
  readonly height: number;
  readonly width: number;
  /** One of grey, or red, green and blue. */
  readonly channels: 1 | 3;
  /** One per channel: (x - mean) / deviation, x from 0 to 255. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

/** The pixels of a PNG or a JPEG in base64, brought to one size ([height, width]) and normalised channel by channel. */
export const image = featureKind({
  kind: 'image',
  spec: imageSpecSchema,
  sources: (name, spec) => [spec.column ?? name],
  learn: (name, spec, { table }): readonly ImageStep[] => {
    const column = spec.column ?? name;
    const { channels, normalise } = spec;
    const [height, width] = spec.size;
    const shape = { kind: 'image', name, column, height, width, channels } as const;
    const each = Array.from({ length: channels }, (_, channel) => channel);
    const found = columnOf(table, column, name);
    if (normalise === 'none') return [{ ...shape, mean: each.map(() => 0), deviation: each.map(() => 255) }];
    if (normalise !== 'learnt') {
      const inBytes = (value: number): number => value * 255;
      return [{ ...shape, mean: normalise.mean.map(inBytes), deviation: normalise.deviation.map(inBytes) }];
    }
    if (found.type !== 'image') throw unsuited(name, `the images of "${column}" were not decoded`);
    const learnt = each.map((channel) => statisticsOf(found, channel, height * width));
    return [
      {
        ...shape,
        mean: learnt.map(({ mean }) => mean),
        deviation: learnt.map(({ deviation }) => deviation),
      },
    ];
  },
  // Images of any size, as they are decoded: those of one call are of one size.
  inputs: ({ column, channels }) => [
    { name: column, type: 'float32', dims: ['batch', `${column} height`, `${column} width`, channels] },
  ],
  schema: ({ column, height, width, channels }) => ({
    name: column,
    type: 'image',
    nullable: false,
    image: { height, width, channels },
  }),
  columns: ({ name, height, width, channels }) =>
    Array.from({ length: channels * height * width }, (_, place) => {
      const pixel = place % (height * width);
      const [row, column] = [Math.floor(pixel / width), pixel % width];
      return `${name} [${Math.floor(place / (height * width))}, ${row}, ${column}]`;
    }),
  encoder(step, columns) {
    // The pixels of all images, each of this size already, channel by channel.
    const pixels = columns[step.column] ?? [];
    const area = step.height * step.width;
    const [mean, deviation] = [step.mean.map(Math.fround), step.deviation.map(Math.fround)];
    const size = area * step.channels;
    return (row, put) => {
      for (let place = 0; place < size; place++) {
        const channel = Math.floor(place / area);
        const centred = Math.fround(Number(pixels[row * size + place]) - (mean[channel] ?? 0));
        put(place, centred / (deviation[channel] ?? 1));
      }
    };
  },
  nodes(graph, { column, height, width, channels, mean, deviation }) {
    const perChannel = (values: readonly number[]): string =>
      graph.constant('float32', [1, channels, 1, 1], Float32Array.from(values));
    const planes = graph.add('Transpose', [column], { perm: ints(0, 3, 1, 2) });
    const size = graph.constant('int64', [2], [height, width]);
    const resized = graph.add('Resize', [planes, '', '', size], {
      mode: { kind: 'string', value: 'linear' },
      coordinate_transformation_mode: { kind: 'string', value: RESIZING.coordinates },
      antialias: int(Number(RESIZING.antialias)),
      axes: ints(2, 3),
    });
    const centred = graph.add('Sub', [resized, perChannel(mean)]);
    return graph.add('Flatten', [graph.add('Div', [centred, perChannel(deviation)])], { axis: int(1) });
  },
});

/** Mean and deviation of a channel over all pixels of all images. */
function statisticsOf({ values, perRow }: ImageColumn, channel: number, area: number) {
  const images = values.length / perRow;
  let [sum, squares] = [0, 0];
  for (let one = 0; one < images; one++) {
    const from = one * perRow + channel * area;
    for (let at = from; at < from + area; at++) {
      const value = values[at] ?? 0;
      sum += value;
      squares += value * value;
    }
  }
  const mean = sum / (images * area);
  return { mean, deviation: Math.sqrt(Math.max(0, squares / (images * area) - mean * mean)) || 1 };
}
