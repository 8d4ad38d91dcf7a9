import { encode } from 'fast-png';
import { describe, expect, it } from 'vitest';
import { decodeImage } from './decode-image.ts';
import { imageStatistics } from './image-statistics.ts';

/** Two pixels wide, one high: one red, one white. */
const image = Buffer.from(
  encode({ width: 2, height: 1, channels: 3, data: Uint8Array.of(255, 0, 0, 255, 255, 255) }),
);

describe('the statistics of an image', () => {
  it('are its light, its colours and its size', async () => {
    const { red, green, blue, brightness, contrast, ...size } = imageStatistics(await decodeImage(image, 3));
    expect([red, green, blue]).toEqual([1, 0.5, 0.5]);
    // The lumas are 0.299 and 1.
    expect(brightness).toBeCloseTo((0.299 + 1) / 2, 6);
    expect(contrast).toBeCloseTo((1 - 0.299) / 2, 6);
    expect(size).toEqual({ width: 2, height: 1, aspect: 2 });
  });

  it('are the same in grey, without colours', async () => {
    const colour = imageStatistics(await decodeImage(image, 3));
    const grey = imageStatistics(await decodeImage(image, 1));
    expect(Object.keys(grey)).toEqual(['brightness', 'contrast', 'width', 'height', 'aspect']);
    for (const [name, value] of Object.entries(grey))
      expect(value).toBeCloseTo(colour[name] ?? Number.NaN, 5);
  });
});
