import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { segmentsOf } from './segments.ts';

const columns = [{ name: 'a', type: 'integer' as const }];
const parts = fc.array(fc.record({ digest: fc.uuid(), rows: fc.oneof(fc.nat(1_000), fc.nat(3_000_000)) }), {
  maxLength: 40,
});
const manifest = (list: { digest: string; rows: number }[]) => ({ format: 1 as const, columns, parts: list });

describe('the segments of a version', () => {
  it('hold its parts in their order, and are those of what it was appended to, but for the last', () => {
    fc.assert(
      fc.property(parts, parts, (before, more) => {
        const [old, now] = [segmentsOf(manifest(before)), segmentsOf(manifest([...before, ...more]))];
        expect(now.flatMap((segment) => segment.parts)).toEqual([...before, ...more]);
        const same = old.slice(0, -1).map(({ key }) => key);
        expect(now.slice(0, same.length).map(({ key }) => key)).toEqual(same);
      }),
    );
  });

  it('are one for a thousand small parts, and one for each long one', () => {
    const some = (count: number, rows: number) =>
      Array.from({ length: count }, (_, index) => ({ digest: String(index), rows }));
    expect(segmentsOf(manifest(some(1_000, 900)))).toHaveLength(1);
    expect(segmentsOf(manifest(some(3, 2_000_000)))).toHaveLength(3);
  });
});
