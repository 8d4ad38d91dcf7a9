import { resizeBlends } from '@trestle/onnx';
import type { Pixels } from './decode-image.ts';

/** How an image becomes smaller or larger: what `featureNodes` says to ONNX Resize. */
export const RESIZING = { coordinates: 'half_pixel', antialias: true } as const;

/** An image of another size, channel by channel ([channels, height, width]), as the Resize of the graph makes it. */
export function resizePixels(pixels: Pixels, height: number, width: number): Float32Array {
  const { height: rows, width: columns, channels, data } = pixels;
  const across = resizeBlends(columns, width, RESIZING);
  const down = resizeBlends(rows, height, RESIZING);
  const narrow = new Float32Array(channels * rows * width);
  for (let channel = 0; channel < channels; channel++) {
    for (let row = 0; row < rows; row++) {
      for (const [to, { start, weights }] of across.entries()) {
        let sum = 0;
        for (const [offset, weight] of weights.entries())
          sum += weight * (data[(row * columns + start + offset) * channels + channel] ?? 0);
        narrow[(channel * rows + row) * width + to] = sum;
      }
    }
  }
  const out = new Float32Array(channels * height * width);
  for (let channel = 0; channel < channels; channel++) {
    for (const [to, { start, weights }] of down.entries()) {
      for (const [offset, weight] of weights.entries()) {
        const from = (channel * rows + start + offset) * width;
        const at = (channel * height + to) * width;
        for (let column = 0; column < width; column++)
          out[at + column] = (out[at + column] ?? 0) + weight * (narrow[from + column] ?? 0);
      }
    }
  }
  return out;
}
