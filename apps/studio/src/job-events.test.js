import { describe, expect, it } from 'vitest';
import { progressOf } from './job-events.ts';

describe('an event of a job', () => {
  it('tells how far it is', () => {
    expect(
      progressOf('event: progress\ndata: {"state":"running","step":"load: 3 rows","fraction":0.5}'),
    ).toEqual({ step: 'load: 3 rows', fraction: 0.5 });
  });
  it('tells nothing of progress when it is a comment, the end, or of another shape', () => {
    expect(progressOf(': still there')).toBeUndefined();
    expect(progressOf('event: done\ndata: {"state":"succeeded"}')).toBeUndefined();
    expect(progressOf('event: progress\ndata: null')).toBeUndefined();
    expect(progressOf('event: progress\ndata: {"step":7,"fraction":"x"}')).toEqual({});
  });
});
