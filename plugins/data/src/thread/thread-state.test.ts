import { describe, expect, it } from 'vitest';
import { enterEngine, leaveEngine, mayEnd, newThreadState } from './thread-state.ts';

describe('the state of a thread', () => {
  it('lets nobody end it before it runs and while the engine works', () => {
    const state = newThreadState();
    expect(mayEnd(state)).toBe(false);
    leaveEngine(state);
    expect(mayEnd(state)).toBe(true);
  });

  it('keeps the engine from working once it was told to stop', () => {
    const state = newThreadState();
    enterEngine(state);
    expect(mayEnd(state)).toBe(false);
    leaveEngine(state);
    expect(() => enterEngine(state)).toThrow('told to stop');
    // What is open is still closed: only then may it be ended.
    expect(mayEnd(state)).toBe(false);
  });
});
