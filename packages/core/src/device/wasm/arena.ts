import type { Plan } from '../../schedule/plan.ts';

/** Where the intermediates of a plan lie in one block, as offsets; -1 for what has a buffer of its own. */
export interface Arena {
  readonly offsets: readonly number[];
  readonly bytes: number;
}

const ALIGNMENT = 64;
const WORD = 4;

/**
 * Gives each intermediate a place in one block, which others take over once its last reader has run: the best fit among the
 * free regions, or the end.
 */
export function planArena(plan: Plan): Arena {
  const outputs = new Set(plan.outputs);
  const offsets = plan.slots.map(() => -1);
  const sizes = plan.slots.map(({ size }) => Math.ceil((Math.max(1, size) * WORD) / ALIGNMENT) * ALIGNMENT);
  const free: { offset: number; bytes: number }[] = [];
  let end = 0;
  const take = (bytes: number): number => {
    let best: { offset: number; bytes: number } | undefined;
    for (const region of free)
      if (region.bytes >= bytes && (!best || region.bytes < best.bytes)) best = region;
    if (!best) {
      end += bytes;
      return end - bytes;
    }
    const { offset } = best;
    best.offset += bytes;
    best.bytes -= bytes;
    return offset;
  };
  const give = (offset: number, bytes: number): void => {
    const before = free.find((region) => region.offset + region.bytes === offset && region.bytes > 0);
    const after = free.find((region) => region.offset === offset + bytes && region.bytes > 0);
    if (before) {
      before.bytes += bytes + (after?.bytes ?? 0);
      if (after) after.bytes = 0;
    } else if (after) {
      after.offset = offset;
      after.bytes += bytes;
    } else free.push({ offset, bytes });
  };
  for (const step of plan.steps) {
    const taken = step.into === undefined ? -1 : (offsets[step.into] ?? -1);
    const isInPlace = taken >= 0 && !outputs.has(step.output);
    if (!outputs.has(step.output)) offsets[step.output] = isInPlace ? taken : take(sizes[step.output] ?? 0);
    for (const slot of step.releases) {
      const offset = offsets[slot] ?? -1;
      if (offset >= 0 && !(isInPlace && slot === step.into)) give(offset, sizes[slot] ?? 0);
    }
  }
  return { offsets, bytes: end };
}
