import { describe, expect, it } from 'vitest';
import { blocks, linear, MAX_WORKGROUPS } from './source.ts';

describe('grids', () => {
  it('are one line while a dimension has room', () => {
    expect(linear(64 * MAX_WORKGROUPS, 64).grid).toEqual([MAX_WORKGROUPS, 1, 1]);
    expect(blocks(MAX_WORKGROUPS)).toEqual({
      grid: [MAX_WORKGROUPS, 1, 1],
      head: '  let block = group.x;\n',
    });
  });
  it('go on in a second dimension, and leave out what is too much', () => {
    const { grid, head } = blocks(MAX_WORKGROUPS + 1);
    expect(grid).toEqual([MAX_WORKGROUPS, 2, 1]);
    expect(head).toContain(`group.x + group.y * ${MAX_WORKGROUPS}u`);
    expect(head).toContain(`if (block >= ${MAX_WORKGROUPS + 1}u) { return; }`);
    const over = linear(64 * MAX_WORKGROUPS + 1, 64);
    expect(over.grid).toEqual([MAX_WORKGROUPS, 2, 1]);
    expect(over.head).toContain(`id.x + id.y * ${64 * MAX_WORKGROUPS}u`);
    expect(over.head).toContain(`if (index >= ${64 * MAX_WORKGROUPS + 1}u) { return; }`);
  });
});
