import type { Device } from '@trestle/core';
import type { Work } from '../workload.ts';
import { called, filled, type WorkOf } from './work.ts';

export function matmul(
  { batch, m, k, n, isTransposed = false }: WorkOf<'matmul'>,
  device: Device,
): Promise<Work> {
  const many = batch === undefined ? [] : [batch];
  const a = filled(device, 1, [...many, m, k]);
  const b = filled(device, 2, [...many, ...(isTransposed ? [n, k] : [k, n])]);
  const order = [...many.keys(), many.length + 1, many.length];
  return called(device, (x, y) => x.matmul(isTransposed ? y.transpose(order) : y), [a, b]);
}
