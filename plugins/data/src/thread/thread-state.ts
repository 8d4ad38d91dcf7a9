/**
 * What a thread and the one who started it share. To end a thread in which native code is at work ends the whole process: so
 * it is ended only where it says that it may be, in the function of a user, and told to stop elsewhere.
 */
export type ThreadState = Int32Array<SharedArrayBuffer>;

const MAY_END = 0;
const STOPS = 1;

/** Of a thread that does not run yet: loading the engine is native work too. */
export const newThreadState = (): ThreadState => new Int32Array(new SharedArrayBuffer(8));

/** For the thread, before the engine works. @throws what the run then ends with, when it is to stop */
export function enterEngine(state: ThreadState): void {
  Atomics.store(state, MAY_END, 0);
  // Either this sees that it is to stop, or the other side sees that it may not be ended: never neither.
  if (Atomics.load(state, STOPS) === 1) throw new Error('It was told to stop.');
}

/** For the thread, when no native code works. */
export const leaveEngine = (state: ThreadState): void => void Atomics.store(state, MAY_END, 1);

/** For the one who started the thread: from now on it stops before the engine works again. True when it may be ended. */
export function mayEnd(state: ThreadState): boolean {
  Atomics.store(state, STOPS, 1);
  return Atomics.load(state, MAY_END) === 1;
}
