import { tensor } from '@trestle/core';
import { expect, it } from 'vitest';
import { attend } from './attention.ts';
import { embedding } from './embedding.ts';

it.each([
  [
    'a table that is no matrix',
    () => embedding({ table: tensor([1, 2]) }, tensor(Int32Array.of(0))),
    'embedding: a table of shape [2]',
  ],
  [
    'a query without features',
    () => attend(tensor(1), tensor([[1]]), tensor([[1]])),
    'attention: a query of shape []',
  ],
])('refuses %s, instead of taking it for one of length 1', (_, wrong, what) => {
  expect(wrong).toThrow(expect.objectContaining({ code: 'TRS_NN_SHAPE' }));
  expect(wrong).toThrow(what);
});
