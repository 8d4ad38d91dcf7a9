import type { Context } from '@trestle/kernel';
import type { ReadLimits } from '../limits.ts';
import type { Source } from './source.ts';

/** What reading needs to know of who asks for it. */
export interface ReadContext extends Pick<Context, 'surface' | 'signal' | 'files' | 'progress' | 'project'> {
  readonly limits: ReadLimits;
  /** Where rows can come from: ours and those of plugins. */
  readonly sources: readonly Source[];
}
