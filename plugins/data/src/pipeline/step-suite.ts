import type { Context } from '@trestle/kernel';
import { configuredSuite } from '../expectation/load-suite.ts';
import type { Suite } from '../expectation/suite.ts';
import type { Pipeline } from './pipeline.ts';

/** What the rows of each step must meet, by the step's name; expectations in files are read as they are now. */
export async function suitesOf(ctx: Context, pipeline: Pipeline): Promise<ReadonlyMap<string, Suite>> {
  const suites = new Map<string, Suite>();
  for (const [name, { expect, as = `${pipeline.name}.${name}` }] of Object.entries(pipeline.steps)) {
    if (typeof expect === 'string') suites.set(name, await configuredSuite(ctx, as, expect));
    else if (expect !== undefined) suites.set(name, { expectations: expect });
  }
  return suites;
}
