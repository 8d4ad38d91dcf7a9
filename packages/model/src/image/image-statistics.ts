import type { Pixels } from './decode-image.ts';

/** What an image looks like in a few numbers, which are compared where images themselves cannot be. */
export type ImageStatistics = Readonly<Record<string, number>>;

/**
 * Brightness and contrast (the mean and the deviation of the luma of ITU-R BT.601, from 0 to 1), the means of red, green and blue
 * where there are colours, and width, height and their ratio. Of the image as it came, before it is resized.
 */
export function imageStatistics({ height, width, channels, data }: Pixels): ImageStatistics {
  const count = height * width;
  const sums = [0, 0, 0];
  let [sum, squares] = [0, 0];
  for (let at = 0; at < data.length; at += channels) {
    const red = data[at] ?? 0;
    const green = channels === 3 ? (data[at + 1] ?? 0) : red;
    const blue = channels === 3 ? (data[at + 2] ?? 0) : red;
    const luma = 0.299 * red + 0.587 * green + 0.114 * blue;
    sum += luma;
    squares += luma * luma;
    sums[0] = (sums[0] ?? 0) + red;
    sums[1] = (sums[1] ?? 0) + green;
    sums[2] = (sums[2] ?? 0) + blue;
  }
  const mean = sum / count;
  const [red = 0, green = 0, blue = 0] = sums.map((total) => total / count / 255);
  return {
    brightness: mean / 255,
    contrast: Math.sqrt(Math.max(0, squares / count - mean * mean)) / 255,
    ...(channels === 3 ? { red, green, blue } : {}),
    width,
    height,
    aspect: width / height,
  };
}
