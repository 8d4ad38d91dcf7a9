import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { ImageLoad } from '@trestle/contracts';
import type { ImageStatistics } from '@trestle/model';
import { dataError } from '../data-error.ts';
import type { DecodeAnswer, DecodeTask } from './decode-worker.ts';

type Images = DecodeTask['images'];

export interface DecodeThreads {
  /** Images as a block of numbers, or which of them is none, and why. */
  pixels(images: Images, as: ImageLoad): Promise<Extract<DecodeAnswer, { kind: 'pixels' | 'refused' }>>;
  /** What each looks like; nothing of what is no image. */
  statistics(images: Images): Promise<readonly ImageStatistics[]>;
  close(): Promise<void>;
}

/** Threads that decode images, in turn: the thread of the training loop computes meanwhile. */
export function openDecodeThreads(count: number): DecodeThreads {
  interface Waiting {
    resolve(answer: DecodeAnswer): void;
    reject(cause: unknown): void;
  }
  const waiting = new Map<number, Waiting>();
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
  const ask = async (task: (id: number) => DecodeTask): Promise<DecodeAnswer> => {
    const id = asked++;
    return await new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject });
      workers[id % count]?.postMessage(task(id));
    });
  };
  return {
    async pixels(images, as) {
      const answer = await ask((id) => ({ kind: 'pixels', id, images, as }));
      if (answer.kind === 'pixels' || answer.kind === 'refused') return answer;
      throw lost(answer.kind === 'failed' ? answer.cause : 'it answered something else');
    },
    async statistics(images) {
      const answer = await ask((id) => ({ kind: 'statistics', id, images }));
      if (answer.kind === 'statistics') return answer.statistics;
      throw lost(answer.kind === 'failed' ? answer.cause : 'it answered something else');
    },
    async close() {
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

const lost = (cause: unknown) =>
  dataError('DECODING', {
    kind: 'failed',
    message: `A thread that decodes images failed: ${cause instanceof Error ? cause.message : cause}.`,
    hint: 'It may have needed more memory than there is: load fewer rows in a batch.',
    cause,
  });
