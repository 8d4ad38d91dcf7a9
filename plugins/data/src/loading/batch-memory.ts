import type { FloatBatch } from '@trestle/contracts';

export interface BatchMemory {
  /** Memory for a whole batch: that of one that was disposed of, or new. What is in it is to be overwritten. */
  take(): Float32Array<ArrayBuffer>;
  /** A batch of the first `rows` rows in such memory, which is the receiver's until it is disposed of. */
  batch(memory: Float32Array<ArrayBuffer>, rows: number): FloatBatch;
}

/**
 * Memory of batches. Each new array of 40 kB brings the next collection of garbage nearer, which takes longer than filling it:
 * a receiver that is done with a batch can say so. Its memory moves on, so that a view of it which was kept is empty then,
 * and never shows another batch.
 */
export function batchMemory(columns: readonly string[], batchRows: number): BatchMemory {
  const width = columns.length;
  const spare: ArrayBuffer[] = [];
  return {
    take: () => new Float32Array(spare.pop() ?? new ArrayBuffer(batchRows * width * 4)),
    batch(memory, rows) {
      const { buffer } = memory;
      const values = rows === batchRows ? memory : memory.subarray(0, rows * width);
      return disposable({ rows, columns, values, images: {} }, () => {
        if (!buffer.detached) spare.push(buffer.transfer());
      });
    },
  };
}

/** A batch that does something when it is disposed of, each time. */
export const disposable = (
  batch: Omit<FloatBatch, 'dispose' | typeof Symbol.dispose>,
  dispose: () => void,
): FloatBatch => ({ ...batch, dispose, [Symbol.dispose]: dispose });
