import { CONTROL } from './control.ts';

/** Modules that a thread keeps; beyond, the one that it was given first goes. */
const KEPT_MODULES = 1_000;
/** Looks at the counter of jobs before a thread goes to sleep: about 20 microseconds, less than it takes to wake one up. */
const LOOKS = 4_000;

/**
 * The program of a thread, as text: a worker that is made of text needs no file beside the bundle, whatever the bundler. It is
 * told the memory and its number once, and never comes back to its event loop: jobs, and the code that they need, are found in
 * the memory. A thread that has yet to compile a job's code leaves the job meanwhile, so that nobody waits for it.
 */
export const threadSource = `'use strict';
const C = ${JSON.stringify(CONTROL)};
function work({ memory, number }) {
  const control = new Int32Array(memory.buffer, 0, C.END);
  const env = { memory, sin: (x) => Math.sin(x), cos: (x) => Math.cos(x), pow: (x, y) => x ** y };
  const modules = new Map();
  const pause = Atomics.pause || (() => {});
  const enter = () => {
    for (;;) {
      const state = Atomics.load(control, C.STATE);
      if (state % 2 === 0) return false;
      if (Atomics.compareExchange(control, C.STATE, state, state + 2) === state) return true;
    }
  };
  const leave = () => {
    if (Atomics.sub(control, C.STATE, 2) === 2) Atomics.notify(control, C.STATE);
  };
  const takeUnits = (module) => {
    const run = module['phase' + control[C.PHASE]];
    const units = control[C.UNITS];
    const chunk = control[C.CHUNK];
    const operands = Array.from(control.subarray(C.OPERANDS, C.OPERANDS + control[C.OPERAND_COUNT]));
    operands[3] += number * control[C.SCRATCH_STRIDE];
    for (;;) {
      const begin = Atomics.add(control, C.NEXT, chunk);
      if (begin >= units) return;
      operands[0] = begin;
      operands[1] = Math.min(units, begin + chunk);
      run(...operands);
      Atomics.add(control, C.HELPED, operands[1] - begin);
    }
  };
  const compile = (id, bytes) => {
    let exports = {};
    try {
      exports = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env }).exports;
    } catch {
      // No memory for the code: the other threads do without this one.
    }
    if (modules.size >= ${KEPT_MODULES}) modules.delete(modules.keys().next().value);
    modules.set(id, exports);
  };
  const join = () => {
    if (!enter()) return;
    const id = control[C.MODULE];
    const module = modules.get(id);
    if (module === undefined) {
      const bytes = new Uint8Array(memory.buffer, control[C.CODE], control[C.CODE_BYTES]).slice();
      leave();
      compile(id, bytes);
      join();
      return;
    }
    try {
      if (module['phase' + control[C.PHASE]]) takeUnits(module);
    } catch {
      Atomics.store(control, C.FAILED, number);
      Atomics.store(control, C.NEXT, control[C.UNITS]);
    } finally {
      leave();
    }
  };
  Atomics.add(control, C.READY, 1);
  let seen = 0;
  for (;;) {
    for (let looks = 0; looks < ${LOOKS} && Atomics.load(control, C.EPOCH) === seen; looks++) pause();
    if (Atomics.load(control, C.EPOCH) === seen) {
      Atomics.add(control, C.SLEEPING, 1);
      Atomics.wait(control, C.EPOCH, seen);
      Atomics.sub(control, C.SLEEPING, 1);
    }
    seen = Atomics.load(control, C.EPOCH);
    join();
  }
}
if (typeof process === 'object' && process.getBuiltinModule) work(process.getBuiltinModule('worker_threads').workerData);
else self.onmessage = ({ data }) => work(data);
`;
