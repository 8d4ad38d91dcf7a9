import { describe, expect, it } from 'vitest';
import { newRunId } from './run-id.ts';

describe('the id of a run', () => {
  it('is a UUIDv7 that holds its time', () => {
    const id = newRunId(Date.UTC(2031, 0, 1));
    expect(id).toMatch(/^r-[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(Number.parseInt(id.slice(2).replaceAll('-', '').slice(0, 12), 16)).toBe(Date.UTC(2031, 0, 1));
  });

  it('sorts by time, also within a millisecond, when the clock goes back, and after 2027-02-11', () => {
    const times = [Date.UTC(2031, 5, 1), Date.UTC(2031, 5, 1), Date.UTC(2031, 4, 1), Date.UTC(2032, 0, 1)];
    const ids = times.flatMap((time) => Array.from({ length: 2_000 }, () => newRunId(time)));
    expect(ids.toSorted()).toEqual(ids);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
