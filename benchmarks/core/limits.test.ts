import { describe, expect, it } from 'vitest';
import { open } from './limits.ts';

describe('the loops that say what the machine can do', () => {
  it.each([
    { kind: 'fma' },
    { kind: 'read', bytes: 1000 },
    { kind: 'copy', bytes: 1000 },
    { kind: 'move', bytes: 1000 },
  ] as const)('run: $kind', async (limit) => {
    const { run } = await open(limit);
    expect(run()).toBeUndefined();
  });

  it('run in several threads at once', async () => {
    const { run, close } = await open({ kind: 'fma', threads: 2 });
    await run();
    await close?.();
  });
});
