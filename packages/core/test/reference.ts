/** Plain float64 arrays: what devices are compared with. */
export interface Reference {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export const size = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Elements from a small deterministic generator (Park and Miller 1988), between -2 and 2. */
export function sample(shape: readonly number[], seed: number): Reference {
  let state = (seed * 7919 + 1) % 2147483647;
  const values = Array.from({ length: size(shape) }, () => {
    state = (state * 16807) % 2147483647;
    return Math.fround((state / 2147483647) * 4 - 2);
  });
  return { shape, values };
}

export function indexOf(at: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = at;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index[axis] = rest % (shape[axis] ?? 1);
    rest = Math.floor(rest / (shape[axis] ?? 1));
  }
  return index;
}

export function at(reference: Reference, index: readonly number[]): number {
  const added = index.length - reference.shape.length;
  let place = 0;
  for (const [axis, length] of reference.shape.entries()) {
    place = place * length + (length === 1 ? 0 : (index[axis + added] ?? 0));
  }
  return reference.values[place] ?? Number.NaN;
}

export function zip(
  a: Reference,
  b: Reference,
  shape: readonly number[],
  f: (x: number, y: number) => number,
): number[] {
  return Array.from({ length: size(shape) }, (_, i) => f(at(a, indexOf(i, shape)), at(b, indexOf(i, shape))));
}
