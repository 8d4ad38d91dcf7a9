import type { Kernel } from '../../schedule/kernel.ts';

/** The structure of a kernel as text: what an expression shares is written once and then named, so that the text stays short. */
export function kernelKey(kernel: Kernel, inputCount: number): string {
  const names = new Map<unknown, number>();
  const write = (value: unknown): string => {
    if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
    if (typeof value !== 'object' || value === null) return String(value);
    if (Array.isArray(value)) return `[${value.map(write).join()}]`;
    if ('dtype' in value) {
      const name = names.get(value);
      if (name !== undefined) return `#${name}`;
      names.set(value, names.size);
    }
    let text = '{';
    for (const [key, one] of Object.entries(value)) text += `${key}:${write(one)};`;
    return `${text}}`;
  };
  return `${inputCount} ${write(kernel)}`;
}
