import { pipelineRun } from '@trestle/plugin-pipeline';
import type { ResumeSubject } from '@trestle/testing';
import { builtinPlugins } from '../../src/builtin-plugins.ts';
import { addRows, files, outcome } from './little-project.ts';

const steps = {
  sizes: { sql: 'SELECT size, bought FROM rows' },
  counted: { sql: 'SELECT size, count(*) AS n FROM sizes GROUP BY size ORDER BY size' },
  most: { sql: 'SELECT max(n) AS n FROM counted' },
};

export const subject: ResumeSubject = {
  plugins: builtinPlugins.filter(({ name }) => name !== 'store'),
  files: { ...files, 'trestle.config.json': JSON.stringify({ pipelines: { counts: { steps } } }) },
  fill: addRows,
  run: (host) => host.run(pipelineRun, { name: 'counts' }),
  outcome,
};
