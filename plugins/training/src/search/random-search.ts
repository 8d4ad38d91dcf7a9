import type { SearchStrategy } from '@trestle/contracts';
import { drawn, fill } from './space.ts';

/** Draws every parameter from its range, alike and alone (Bergstra and Bengio 2012). */
export const randomSearch: SearchStrategy = {
  name: 'random',
  propose: ({ space, random }) => fill(space, (_, param) => drawn(param, random)),
};
