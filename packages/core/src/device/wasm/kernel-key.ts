import type { Kernel } from '../../schedule/kernel.ts';

/** The structure of a kernel as text: what an expression shares is written once and then named, so that the text stays short. */
export function kernelKey(kernel: Kernel, inputCount: number): string {
  const names = new Map<unknown, number>();
  const text = JSON.stringify(kernel, (_, value: unknown) => {
    if (typeof value === 'number') return exactly(value);
    if (typeof value !== 'object' || value === null || !('dtype' in value)) return value;
    const name = names.get(value);
    if (name !== undefined) return `#${name}`;
    names.set(value, names.size);
    return value;
  });
  return `${inputCount} ${text}`;
}

/** JSON knows neither infinities, NaN nor the negative zero. */
const exactly = (value: number): unknown =>
  Number.isFinite(value) && !Object.is(value, -0) ? value : `number ${Object.is(value, -0) ? '-0' : value}`;
