import { ModelError } from '../model-error.ts';
import { decodeImage, type Pixels } from './decode-image.ts';
import { resizePixels } from './resize-pixels.ts';

export interface ImageSize {
  readonly height: number;
  readonly width: number;
  /** One of grey, or red, green and blue. */
  readonly channels: 1 | 3;
}

/**
 * Images as one block of numbers from 0 to 255, [images, channels, height, width] row by row: as a feature of the kind `image`
 * sees them, and as a tensor of a training loop takes them. One is decoded at a time.
 *
 * @param onImage called in front of each; throws to stop
 * @param onPixels called with each as it came, before it is resized
 * @throws TRS_MODEL_IMAGE, with the place of the image in `details.index`
 */
export async function decodeImages(
  images: readonly unknown[],
  { height, width, channels }: ImageSize,
  onImage: (index: number) => void = () => {},
  onPixels: (index: number, pixels: Pixels) => void = () => {},
): Promise<Float32Array> {
  const size = channels * height * width;
  const pixels = new Float32Array(images.length * size);
  for (const [index, image] of images.entries()) {
    onImage(index);
    try {
      const decoded = await decodeImage(image, channels);
      onPixels(index, decoded);
      pixels.set(resizePixels(decoded, height, width), index * size);
    } catch (thrown) {
      if (!(thrown instanceof ModelError)) throw thrown;
      throw new ModelError('IMAGE', `Image ${index}: ${thrown.details.reason}.`, thrown.hint, {
        ...thrown.details,
        index,
      });
    }
  }
  return pixels;
}
