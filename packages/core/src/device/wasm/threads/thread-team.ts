import { CoreError } from '../../../core-error.ts';
import { debug } from '../../../debug.ts';
import { CONTROL } from './control.ts';
import { startThread, type Thread } from './start-thread.ts';

/** A phase of a kernel, ready to run. */
export interface Job {
  /** Equal for equal code, and for nothing else. */
  readonly module: number;
  /** Where the bytes of the module lie in memory: asked for when another thread is going to need them. */
  code(): { readonly address: number; readonly bytes: number };
  readonly phase: number;
  readonly run: (...operands: number[]) => void;
  readonly units: number;
  /** Nanoseconds, roughly. */
  readonly unitCost: number;
  /** What the phase is called with; the first two, begin and end, are filled in here. */
  readonly operands: number[];
  /** Bytes from one thread's scratch memory to the next one's. */
  readonly scratchStride: number;
}

/** The threads of a device. The one that calls is one of them: it waits for the others at the end of each job, and only there. */
export interface ThreadTeam {
  /** Runs all units of a phase. @throws TRS_CORE_THREAD when another thread failed */
  run(job: Job): void;
  /** Units that other threads have run, modulo 2^32. */
  helped(): number;
  end(): void;
}

/** When work is shared. Times are estimates. */
export interface Sharing {
  /** Nanoseconds of work below which it takes longer to tell the others than to do it. */
  readonly leastWork: number;
  /** Nanoseconds of work that could have been shared before threads are started: programs that compute little do without. */
  readonly beforeStart: number;
  /** Milliseconds that a thread may take over one chunk beyond a thousand times of what it should. */
  readonly patience: number;
}

const SHARING: Sharing = { leastWork: 20_000, beforeStart: 5_000_000, patience: 20_000 };
/** Chunks are at least so many nanoseconds of work. */
const LEAST_CHUNK = 10_000;
/** Chunks per thread: whoever is held up leaves some to the others. */
const CHUNKS_PER_THREAD = 8;
/** Looks at the state before the calling thread goes to sleep, where it may. */
const LOOKS = 20_000;
/** How long it sleeps at a time. */
const STEP_MS = 100;

function runAlone({ run, operands, units }: Job): void {
  operands[0] = 0;
  operands[1] = units;
  run(...operands);
}

const ALONE: ThreadTeam = { run: runAlone, helped: () => 0, end: () => undefined };

/** A team over a memory, which is shared unless it is of one thread. */
export function threadTeam(
  memory: WebAssembly.Memory,
  count: number,
  sharing: Partial<Sharing> = {},
): ThreadTeam {
  if (count === 1) return ALONE;
  const { leastWork, beforeStart, patience } = { ...SHARING, ...sharing };
  const control = new Int32Array(memory.buffer, 0, CONTROL.END);
  const maySleep = canWait(control);
  let threads: Thread[] | undefined;
  let demand = 0;

  const start = (): void => {
    let missing = 0;
    const onEnd = (number: number, reason: string): void => {
      missing++;
      if (threads && debug().level >= 1) console.error(`wasm: thread ${number} is gone: ${reason}`);
    };
    const started = Array.from({ length: count - 1 }, (_, index) =>
      startThread({ memory, number: index + 1 }, (reason) => onEnd(index + 1, reason)),
    );
    threads = started.flatMap((thread) => thread ?? []);
    if (debug().level >= 1) console.error(`wasm: starts ${threads.length} threads, ${missing} missing`);
  };
  const end = (): void => {
    for (const thread of threads ?? []) thread.end();
    threads = [];
    Atomics.store(control, CONTROL.READY, 0);
  };

  const take = ({ run, operands, units }: Job, chunk: number): void => {
    for (;;) {
      const begin = Atomics.add(control, CONTROL.NEXT, chunk);
      if (begin >= units) return;
      operands[0] = begin;
      operands[1] = Math.min(units, begin + chunk);
      run(...operands);
    }
  };
  const publish = (job: Job, chunk: number): void => {
    const { address, bytes } = job.code();
    control[CONTROL.MODULE] = job.module;
    control[CONTROL.CODE] = address;
    control[CONTROL.CODE_BYTES] = bytes;
    control[CONTROL.PHASE] = job.phase;
    control[CONTROL.UNITS] = job.units;
    control[CONTROL.CHUNK] = chunk;
    control[CONTROL.SCRATCH_STRIDE] = job.scratchStride;
    control[CONTROL.OPERAND_COUNT] = job.operands.length;
    control.set(job.operands, CONTROL.OPERANDS);
    Atomics.store(control, CONTROL.NEXT, 0);
    Atomics.store(control, CONTROL.STATE, 1);
    Atomics.add(control, CONTROL.EPOCH, 1);
    const helpers = Math.min(count - 1, Math.ceil(job.units / chunk) - 1);
    // Whoever goes to sleep after this look sees the new number first, and does not.
    if (Atomics.load(control, CONTROL.SLEEPING) > 0) Atomics.notify(control, CONTROL.EPOCH, helpers);
  };
  /** Lets no one in any more, and waits until the others are out. */
  const close = (chunkMs: number): void => {
    let state = Atomics.and(control, CONTROL.STATE, ~1) & ~1;
    // Time is counted in steps: while a process is stopped, and goes on later, nobody is late.
    let waited = 0;
    let last = performance.now();
    for (let looks = 1; state > 0; looks++) {
      state = Atomics.load(control, CONTROL.STATE);
      if (state === 0 || looks % LOOKS !== 0) continue;
      if (maySleep) Atomics.wait(control, CONTROL.STATE, state, STEP_MS);
      const now = performance.now();
      waited += Math.min(now - last, STEP_MS);
      last = now;
      if (waited > patience + 1_000 * chunkMs)
        throw failure(`did not finish a part that takes ${chunkMs.toFixed(3)} ms`);
    }
  };
  const failure = (what: string): CoreError => {
    // Whatever state they are in: from here on, one thread computes.
    end();
    Atomics.store(control, CONTROL.STATE, 0);
    return new CoreError(
      'THREAD',
      `A thread of the CPU device ${what}; its result is lost.`,
      'Compute it again: this device goes on with one thread. Please report it, with TRESTLE_DEBUG=3.',
      'unavailable',
    );
  };
  return {
    run(job) {
      const { units, unitCost } = job;
      const cost = units * unitCost;
      if (units < 2 || cost < leastWork) {
        runAlone(job);
        return;
      }
      if (!threads) {
        demand += cost;
        if (demand > beforeStart) start();
      }
      if (!threads?.length || Atomics.load(control, CONTROL.READY) === 0) {
        runAlone(job);
        return;
      }
      const even = Math.floor(units / (count * CHUNKS_PER_THREAD));
      const chunk = Math.max(1, even, Math.ceil(LEAST_CHUNK / unitCost));
      publish(job, chunk);
      try {
        take(job, chunk);
      } finally {
        Atomics.store(control, CONTROL.NEXT, units);
        close((chunk * unitCost) / 1e6);
      }
      if (Atomics.exchange(control, CONTROL.FAILED, 0) !== 0)
        throw failure('stopped in the middle of a kernel');
    },
    helped: () => Atomics.load(control, CONTROL.HELPED),
    end,
  };
}

/** A page's own thread may not sleep: there, waiting is looking again and again. */
function canWait(control: Int32Array): boolean {
  try {
    Atomics.wait(control, CONTROL.STATE, -1, 0);
    return true;
  } catch {
    return false;
  }
}
