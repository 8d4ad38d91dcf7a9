import { createJiti } from 'jiti';

/** `@trestle/core`, of which only steps on tensors need something. */
export type Core = typeof import('@trestle/core');

/** The tensors that a module of the project knows: those of its own `@trestle/core`, or else of the one that is installed here. */
export async function coreOf(module: string): Promise<Core> {
  const own = createJiti(module, { fsCache: false }).esmResolve('@trestle/core', { try: true });
  return await import(own ?? '@trestle/core');
}
