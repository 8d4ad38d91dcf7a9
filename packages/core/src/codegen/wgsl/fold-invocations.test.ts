import { describe, expect, it } from 'vitest';
import { foldInvocations } from './fold-invocations.ts';
import { LEAST_TARGET } from './program.ts';

const withSubgroups = { ...LEAST_TARGET, subgroups: { min: 4, max: 128 } };
const barriers = (source: string): number => source.split('workgroupBarrier').length - 1;

describe('folding the values of a workgroup', () => {
  it('uses subgroups where they are offered, and a tree where they are not', () => {
    expect(foldInvocations('sum', 'float32', 256, withSubgroups).outside).toContain('subgroupAdd(value)');
    expect(foldInvocations('sum', 'float32', 256, LEAST_TARGET).outside).not.toContain('subgroup');
  });
  it('takes two barriers with subgroups, whatever their size: each counts its own invocations', () => {
    const { outside } = foldInvocations('sum', 'int32', 256, withSubgroups);
    expect(barriers(outside)).toBe(2);
    expect(outside).toContain('let present = subgroupAdd(1u)');
    expect(outside).not.toMatch(/subgroup_size|subgroup_invocation_id/);
  });
  it.each(['float32', 'int32', 'bool'] as const)('looks for the largest %s among unsigned words', (dtype) => {
    const { outside, call } = foldInvocations('max', dtype, 64, withSubgroups);
    expect(outside).toMatch(/subgroupMax\(joined\)/);
    expect(outside).toContain('array<u32, 64>');
    expect(call('x')).toBe(`max_${dtype}(x, lane)`);
  });
});
