import { parentPort } from 'node:worker_threads';
import type { ImageLoad } from '@trestle/contracts';
import { decodeImages, ModelError } from '@trestle/model';

/** Images to decode: PNGs and JPEGs in base64. */
export interface DecodeTask {
  readonly id: number;
  readonly images: readonly (string | null)[];
  readonly as: ImageLoad;
}

export type DecodeAnswer =
  | { readonly id: number; readonly values: Float32Array<ArrayBuffer> }
  /** `index`: of the image that is none. */
  | { readonly id: number; readonly index: number; readonly reason: string };

async function decode({ id, images, as }: DecodeTask): Promise<DecodeAnswer> {
  const { height, width, channels = 3 } = as;
  try {
    const pixels = await decodeImages(images, { height, width, channels });
    const values = new Float32Array(pixels.length);
    const { mean = [], deviation = [] } = as.normalise ?? {};
    const size = height * width;
    for (let from = 0; from < pixels.length; from += size) {
      const channel = (from / size) % channels;
      const [shift, scale] = [mean[channel] ?? 0, 1 / (deviation[channel] ?? 1)];
      for (let at = from; at < from + size; at++) values[at] = ((pixels[at] ?? 0) / 255 - shift) * scale;
    }
    return { id, values };
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    return { id, index: Number(thrown.details.index), reason: String(thrown.details.reason) };
  }
}

parentPort?.on('message', async (task: DecodeTask) => {
  const answer = await decode(task);
  parentPort?.postMessage(answer, 'values' in answer ? [answer.values.buffer] : []);
});
