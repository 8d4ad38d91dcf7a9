import { resizeBlends } from '@trestle/onnx';
import type { Pixels } from './decode-image.ts';

/** How an image becomes smaller or larger: what `featureNodes` says to ONNX Resize. */
export const RESIZING = { coordinates: 'half_pixel', antialias: true } as const;

/** An image of another size, channel by channel ([channels, height, width]), as the Resize of the graph makes it. */
export function resizePixels(pixels: Pixels, height: number, width: number): Float32Array {
  const { height: rows, width: columns, channels, data } = pixels;
  const across = resizeBlends(columns, width, RESIZING);
  const down = resizeBlends(rows, height, RESIZING);
  // Loops over indices: with iterators it takes as long as decoding does.
  const narrow = new Float32Array(channels * rows * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows; row++) {
      const line = (channel * rows + row) * width;
      for (let to = 0; to < width; to++) {
        const { start = 0, weights = [] } = across[to] ?? {};
        let from = (row * columns + start) * channels + channel;
        let sum = 0;
        for (let offset = 0; offset < weights.length; offset++, from += channels)
          sum += (weights[offset] ?? 0) * (data[from] ?? 0);
        narrow[line + to] = sum;
      }
    }
  }
  const out = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let to = 0; to < height; to++) {
      const { start = 0, weights = [] } = down[to] ?? {};
      const at = (channel * height + to) * width;
      for (let offset = 0; offset < weights.length; offset++) {
        const weight = weights[offset] ?? 0;
        const from = (channel * rows + start + offset) * width;
        for (let column = 0; column < width; column++)
          out[at + column] = (out[at + column] ?? 0) + weight * (narrow[from + column] ?? 0);
      }
    }
  }
  return out;
}
