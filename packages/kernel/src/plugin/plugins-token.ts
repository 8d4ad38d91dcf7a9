import type { Plugin } from './plugin.ts';
import { token } from './token.ts';

/** Every plugin of the host, in the order of loading. Provided by the host itself. */
export const pluginsToken = token<readonly Plugin[]>('kernel.plugins');
