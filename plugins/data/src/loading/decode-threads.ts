import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ImageLoad } from '@trestle/contracts';
import { dataError } from '../data-error.ts';
import type { DecodeAnswer, DecodeTask } from './decode-worker.ts';

export interface DecodeThreads {
  /** What becomes of some images, or which of them is none, and why. */
  decode(images: DecodeTask['images'], as: ImageLoad): Promise<Omit<DecodeAnswer, 'id'> & DecodeAnswer>;
  close(): Promise<void>;
}

/** Threads that decode images, in turn: the thread of the training loop computes meanwhile. */
export function openDecodeThreads(count: number): DecodeThreads {
  const waiting = new Map<
    number,
    { resolve: (answer: DecodeAnswer) => void; reject: (cause: unknown) => void }
  >();
  const fail = (cause: unknown): void => {
    for (const { reject } of waiting.values()) reject(lost(cause));
    waiting.clear();
  };
  const workers = Array.from({ length: count }, () => {
    // The built file also when this one runs from source: a thread cannot be started from within a test runner.
    const worker = new Worker(fileURLToPath(import.meta.resolve('@trestle/plugin-data/decode-worker')));
    worker.on('message', (answer: DecodeAnswer) => {
      waiting.get(answer.id)?.resolve(answer);
      waiting.delete(answer.id);
    });
    worker.on('error', fail);
    worker.on('exit', () => fail('it ended'));
    return worker;
  });
  let asked = 0;
  return {
    decode: (images, as) =>
      new Promise((resolve, reject) => {
        const task: DecodeTask = { id: asked++, images, as };
        waiting.set(task.id, { resolve, reject });
        workers[task.id % count]?.postMessage(task);
      }),
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

const lost = (cause: unknown) =>
  dataError('DECODING', {
    kind: 'failed',
    message: `A thread that decodes images is gone: ${cause instanceof Error ? cause.message : cause}.`,
    hint: 'It may have needed more memory than there is: load fewer rows in a batch.',
    cause,
  });
