import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Chunk, newChunk, PointsReader, PointsWriter } from './points-buffer.ts';

describe('measurements between two threads', () => {
  it('come out as they went in, in order, however they are taken', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 6_000 }), { minLength: 1, maxLength: 6 }), (takes) => {
        const first: Chunk = newChunk();
        const reader = new PointsReader();
        reader.add(first);
        const writer = new PointsWriter(first, (chunk) => reader.add(chunk));
        const total = 10_000;
        for (let at = 0; at < total; at++) writer.push(at % 7, at % 2 === 0 ? at : Number.NaN, -at / 3, at);
        const read: number[] = [];
        for (let turn = 0; read.length < total; turn++) {
          const { series, steps, values, times } = reader.take(takes[turn % takes.length] ?? 1);
          expect(series.length).toBeLessThanOrEqual(takes[turn % takes.length] ?? 1);
          for (const [place, time] of times.entries()) {
            expect([series[place], steps[place], values[place]]).toEqual([
              time % 7,
              time % 2 === 0 ? time : Number.NaN,
              -time / 3,
            ]);
            read.push(time);
          }
        }
        expect(read).toEqual(Array.from({ length: total }, (_, at) => at));
      }),
      { numRuns: 10 },
    );
  });
});
