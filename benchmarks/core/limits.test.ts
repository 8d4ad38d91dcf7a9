import { describe, expect, it } from 'vitest';
import { FMA_RESULT, loops, open } from './limits.ts';

const BYTES = 1024;

/** The first numbers of a memory after a loop has run over another content than ones. */
function after(name: string, content?: (index: number) => number): number[] {
  const { calls, memory } = loops(BYTES);
  const words = new Float32Array(memory.buffer);
  if (content) for (let i = 0; i < BYTES / 4; i++) words[i] = content(i);
  calls[name]?.(BYTES);
  return [...words.subarray(0, (2 * BYTES) / 4)];
}

describe('the loops that say what the machine can do', () => {
  it('multiply and add as often as they say', () => {
    expect(after('fma').slice(0, 4)).toEqual([FMA_RESULT, FMA_RESULT, FMA_RESULT, FMA_RESULT]);
  });
  it('read every byte', () => {
    // Four lanes of 64 vectors: each lane has every fourth number.
    const sums = [0, 1, 2, 3].map((lane) =>
      Array.from({ length: 64 }, (_, i) => 4 * i + lane).reduce((a, b) => a + b),
    );
    expect(after('read', (index) => index).slice(0, 4)).toEqual(sums);
  });
  it.each(['copy', 'move'])('%s every byte behind itself', (name) => {
    const numbers = Array.from({ length: BYTES / 4 }, (_, i) => i);
    expect(after(name, (index) => index)).toEqual([...numbers, ...numbers]);
  });
  it('run in several threads at once, each of which does all of the work', async () => {
    const { run, close } = await open({ kind: 'fma', threads: 2 });
    await expect(run()).resolves.toBeUndefined();
    await close?.();
  });
});
