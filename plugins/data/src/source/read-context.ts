import type { Context } from '@trestle/kernel';
import type { ReadContext } from '@trestle/tables';
import { sources } from '@trestle/tables/sources';
import { dataConfig } from '../config/data-config.ts';

/** Who asks, and what the project's configuration lets a reader use and reach. */
export const readContext = (ctx: Context): ReadContext => ({
  surface: ctx.surface,
  signal: ctx.signal,
  files: ctx.files,
  project: ctx.project,
  progress: (progress) => ctx.progress(progress),
  limits: ctx.config(dataConfig),
  sources: ctx.extensions(sources),
});
