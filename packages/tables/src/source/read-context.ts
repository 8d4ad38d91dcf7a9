import type { Context } from '@trestle/kernel';
import type { ReadLimits } from '../limits.ts';

/** What reading needs to know of who asks for it. */
export interface ReadContext extends Pick<Context, 'surface' | 'signal' | 'files' | 'progress' | 'project'> {
  readonly limits: ReadLimits;
}
