import { parentPort } from 'node:worker_threads';
import type { ImageLoad } from '@trestle/contracts';
import { decodeImage, decodeImages, type ImageStatistics, imageStatistics, ModelError } from '@trestle/model';

/** What is made of images: PNGs and JPEGs in base64. */
export type DecodeTask = { readonly id: number; readonly images: readonly (string | null)[] } & (
  | { readonly kind: 'pixels'; readonly as: ImageLoad }
  /** What each looks like; nothing of what is no image. */
  | { readonly kind: 'statistics' }
);

export type DecodeAnswer = { readonly id: number } & (
  | { readonly kind: 'pixels'; readonly values: Float32Array<ArrayBuffer> }
  /** `index`: of the image that is none. */
  | { readonly kind: 'refused'; readonly index: number; readonly reason: string }
  | { readonly kind: 'statistics'; readonly statistics: readonly ImageStatistics[] }
  | { readonly kind: 'failed'; readonly cause: string }
);

async function work(task: DecodeTask): Promise<DecodeAnswer> {
  const { id, images } = task;
  if (task.kind === 'pixels') return await pixels(id, images, task.as);
  const statistics: ImageStatistics[] = [];
  for (const image of images)
    statistics.push(await decodeImage(image, 3).then(imageStatistics, (thrown) => orNothing(thrown, {})));
  return { kind: 'statistics', id, statistics };
}

/** @throws what is no verdict on an image */
function orNothing<T>(thrown: unknown, nothing: T): T {
  if (thrown instanceof ModelError) return nothing;
  throw thrown;
}

async function pixels(id: number, images: DecodeTask['images'], as: ImageLoad): Promise<DecodeAnswer> {
  const { height, width, channels = 3 } = as;
  try {
    const values = new Float32Array(await decodeImages(images, { height, width, channels }));
    const { mean = [], deviation = [] } = as.normalise ?? {};
    const size = height * width;
    for (let from = 0; from < values.length; from += size) {
      const channel = (from / size) % channels;
      const [shift, scale] = [mean[channel] ?? 0, 1 / (deviation[channel] ?? 1)];
      for (let at = from; at < from + size; at++) values[at] = ((values[at] ?? 0) / 255 - shift) * scale;
    }
    return { kind: 'pixels', id, values };
  } catch (thrown) {
    if (!(thrown instanceof ModelError)) throw thrown;
    const { index, reason } = thrown.details;
    return { kind: 'refused', id, index: Number(index), reason: String(reason) };
  }
}

parentPort?.on('message', async (task: DecodeTask) => {
  const answer = await work(task).catch((thrown): DecodeAnswer => {
    return { kind: 'failed', id: task.id, cause: String(thrown) };
  });
  parentPort?.postMessage(answer, answer.kind === 'pixels' ? [answer.values.buffer] : []);
});
