import { buildModel, decodeImages, denseLayers, openModel } from '@trestle/model';
import { encode as encodePng } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { designPart, encodeDesign, image } from '../src/index.ts';

const features = [
  image.bind({
    kind: 'image',
    name: 'photo',
    column: 'photo',
    height: 3,
    width: 4,
    channels: 3,
    mean: [100, 120, 140],
    deviation: [50, 60, 70],
  }),
];
const WIDTH = 36;

/** A model whose outputs are some of the columns of the design matrix. */
const bytes = buildModel({
  ...designPart(features),
  head: denseLayers(
    [
      {
        weights: Float32Array.from({ length: WIDTH * WIDTH }, (_, at) => (at % (WIDTH + 1) === 0 ? 1 : 0)),
        bias: new Float32Array(WIDTH),
        activation: 'none',
      },
    ],
    'multiclass',
  ),
  outputs: WIDTH,
  metadata: {
    schema: {
      task: 'multiclass',
      target: 'label',
      classes: Array.from({ length: WIDTH }, (_, place) => String(place)),
      threshold: 0.5,
      features: [
        { name: 'photo', type: 'image', nullable: false, image: { height: 3, width: 4, channels: 3 } },
      ],
    },
    golden: { rows: [], predictions: [], tolerance: 0 },
    metrics: {},
    card: '',
    lineage: {},
    reference: { features: [] },
    estimator: 'linear',
    licence: '',
    createdAt: '2026-11-25',
  },
});

const photo = (width: number, height: number, seed: number): string =>
  Buffer.from(
    encodePng({
      width,
      height,
      channels: 3,
      data: Uint8Array.from(
        { length: width * height * 3 },
        (_, at) => (at * 37 + seed * 101 + (at >> 3) * 13) % 256,
      ),
    }),
  ).toString('base64');

const SIZES = [
  [4, 3],
  [9, 7],
  [2, 2],
  [9, 7],
  [1, 20],
  [33, 5],
] as const;
const photos = SIZES.map(([width, height], seed) => photo(width, height, seed));

describe('a model of images', () => {
  it('resizes and normalises in its graph as training did, whatever size the images of a call have', async () => {
    const flat = await decodeImages(photos, { height: 3, width: 4, channels: 3 });
    const { matrix } = encodeDesign(features, { photo: flat }, photos.length);
    const model = await openModel(bytes);
    const predictions = await model.predict(photos.map((one) => ({ photo: one })));
    for (const [row, { probabilities }] of predictions.entries()) {
      const scores = [...matrix.subarray(row * WIDTH, (row + 1) * WIDTH)];
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      const found = Object.values(Object(probabilities)).map(Number);
      for (const [column, score] of scores.entries())
        expect(found[column]).toBeCloseTo(Math.exp(score) / total, 4);
    }
  });

  it('are decoded for a loop of one’s own: where one cannot be, its place is told', async () => {
    const pixels = await decodeImages(photos, { height: 2, width: 2, channels: 1 });
    expect(pixels).toHaveLength(photos.length * 4);
    // The third one has this size already: 0.299 R + 0.587 G + 0.114 B of its first pixel.
    const [red = 0, green = 0, blue = 0] = [0, 1, 2].map((at) => (at * 37 + 2 * 101) % 256);
    expect(pixels[8]).toBeCloseTo(0.299 * red + 0.587 * green + 0.114 * blue, 3);
    await expect(
      decodeImages([photos[0], 'AAAA'], { height: 2, width: 2, channels: 1 }),
    ).rejects.toMatchObject({ code: 'TRS_MODEL_IMAGE', details: { index: 1 } });
  });

  it('names the row, the field and the reason of an image that it cannot use', async () => {
    const model = await openModel(bytes);
    await expect(model.predict([{ photo: photos[0] }, { photo: 'AAAA' }])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
      message: 'Row 1, field "photo": it is neither a PNG nor a JPEG.',
    });
    await expect(model.predict([{ photo: photos[0], size: 3 }])).rejects.toMatchObject({
      code: 'TRS_MODEL_ROW_INVALID',
    });
    await expect(model.predict([{}])).rejects.toMatchObject({ code: 'TRS_MODEL_ROW_INVALID' });
  });
});
