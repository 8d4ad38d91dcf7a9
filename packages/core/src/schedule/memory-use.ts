import type { Device } from '../device/device.ts';
import type { Plan, Slot } from './plan.ts';

/** Bytes that one run of a plan takes. */
export interface MemoryOfPlan {
  /** Parameters and captured values. */
  readonly given: number;
  readonly results: number;
  /** The most that intermediates take at one time, and what they would take if none made room for another. */
  readonly intermediates: number;
  readonly withoutReuse: number;
  /** The most that all of it takes at one time. */
  readonly peak: number;
}

/** Devices store every type in words of four bytes, but for halves where they are packed. */
export const slotBytes = (slot: Slot | undefined, { abilities }: Device): number =>
  slot?.dtype === 'float16' && abilities?.packsHalves ? 4 * Math.ceil(slot.size / 2) : 4 * (slot?.size ?? 0);

/** Follows a plan step by step. */
export function memoryOf({ device, slots, steps, outputs, parameters }: Plan): MemoryOfPlan {
  const isGiven = (slot: number): boolean => slot < parameters || slots[slot]?.captured !== undefined;
  const total = (list: Iterable<number>): number =>
    [...list].reduce((sum, slot) => sum + slotBytes(slots[slot], device), 0);
  const given = total([...slots.keys()].filter(isGiven));
  const results = new Set(outputs.filter((slot) => !isGiven(slot)));
  const made = steps.map(({ output }) => output).filter((slot) => !results.has(slot));
  let live = 0;
  let liveResults = 0;
  let intermediates = 0;
  let peak = given;
  for (const { output, releases, into } of steps) {
    const bytes = slotBytes(slots[output], device);
    if (results.has(output)) liveResults += bytes;
    else live += bytes;
    // The output may lie where an operand was.
    const shared = into === undefined ? 0 : slotBytes(slots[into], device);
    intermediates = Math.max(intermediates, live - (results.has(output) ? 0 : shared));
    peak = Math.max(peak, given + live + liveResults - shared);
    live -= total(releases.filter((slot) => !isGiven(slot)));
  }
  return { given, results: total(results), intermediates, withoutReuse: total(made), peak };
}
