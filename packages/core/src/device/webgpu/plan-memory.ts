import type { Plan } from '../../schedule/plan.ts';
import { sizeClass } from './buffer-pool.ts';
import { bytesOf } from './gpu-memory.ts';

/**
 * Where the slots of a plan lie. A run has one list of buffers: first the parameters, then the captured ones, then blocks, which
 * slots use one after the other and which go back after the run, then results.
 */
export interface PlanMemory {
  /** For each slot its place in the list of buffers. */
  readonly places: readonly number[];
  /** For each step the places of its scratch memory. */
  readonly scratch: readonly (readonly number[])[];
  /** The slots whose buffers are captured. */
  readonly captured: readonly number[];
  /** Bytes of each block. */
  readonly blocks: readonly number[];
  /** Bytes of each result. */
  readonly results: readonly number[];
  /** Donated parameters whose memory no result has taken over. */
  readonly spent: readonly number[];
}

/** @param scratchBytes what each step needs for itself */
export function planMemoryOf(plan: Plan, scratchBytes: readonly (readonly number[])[]): PlanMemory {
  const { slots, steps, parameters, outputs } = plan;
  // An output that takes over the memory of an input lives where that lives.
  const homes = slots.map((_, slot) => slot);
  for (const { into, output } of steps) if (into !== undefined) homes[output] = homes[into] ?? into;
  const isKept = new Set(outputs.map((slot) => homes[slot]));
  const captured = [...slots.keys()].filter((slot) => slots[slot]?.captured !== undefined);
  const places = slots.map((_, slot) => (slot < parameters ? slot : parameters + captured.indexOf(slot)));
  const blocks: number[] = [];
  const free: number[] = [];
  const results: number[] = [];
  const firstBlock = parameters + captured.length;
  const takeBlock = (bytes: number): number => {
    const known = free.findLastIndex((block) => sizeClass(blocks[block] ?? 0) === sizeClass(bytes));
    const [block = 0] = known === -1 ? [blocks.push(bytes) - 1] : free.splice(known, 1);
    blocks[block] = Math.max(blocks[block] ?? 0, bytes);
    return block;
  };
  /** Results are counted from 0 until it is known how many blocks there are. */
  const resultOf = new Map<number, number>();
  const scratch = steps.map((step, at) => {
    const { output, into, releases } = step;
    const home = homes[output] ?? output;
    if (home !== output) places[output] = places[home] ?? home;
    else if (isKept.has(output))
      resultOf.set(output, results.push(bytesOf(slots[output]?.size ?? 0, slots[output]?.dtype)) - 1);
    else places[output] = firstBlock + takeBlock(bytesOf(slots[output]?.size ?? 0, slots[output]?.dtype));
    const own = (scratchBytes[at] ?? []).map(takeBlock);
    free.push(...own);
    for (const slot of releases) {
      const place = places[slot] ?? 0;
      if (slot !== into && place >= firstBlock && !isKept.has(homes[slot])) free.push(place - firstBlock);
    }
    return own.map((block) => firstBlock + block);
  });
  for (const slot of slots.keys()) {
    const result = resultOf.get(homes[slot] ?? slot);
    if (result !== undefined) places[slot] = firstBlock + blocks.length + result;
  }
  const spent = plan.donated.filter((slot) => !isKept.has(slot));
  return { places, scratch, captured, blocks, results, spent };
}
