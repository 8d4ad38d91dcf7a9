import { describe, expect, it } from 'vitest';
import { pageOf, segmentsOf, to } from './route.ts';

describe('addresses', () => {
  it('come back as they went in, whatever the name', () => {
    for (const name of ['strikes', 'strikes@3', 'prediction:p-1', 'ä/ö?#%', '50%']) {
      expect(segmentsOf(to('lineage', name))).toEqual(['lineage', name]);
    }
  });

  it('survive a broken escape that was typed by hand', () => {
    expect(segmentsOf('#/models/%E0%A4%A')).toEqual(['models', '%E0%A4%A']);
  });

  it.each([
    ['dataset:strikes@2', '#/datasets/strikes%402'],
    ['run:r-1', '#/runs/r-1'],
    ['model:strikes@3', '#/models/strikes'],
    ['deployment:strikes@4', '#/deployments/strikes'],
    ['pipeline:features', '#/pipelines/features'],
    ['prediction:p-1', '#/lineage/prediction%3Ap-1'],
  ])('%s has the page %s', (ref, page) => {
    expect(pageOf(ref)).toBe(page);
  });
});
