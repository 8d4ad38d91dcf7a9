import type { ExportFormat } from '@trestle/contracts';

/** A package that is imported where predictions are wanted: types from the schema, the model beside the code. */
export const npmFormat: ExportFormat = {
  name: 'npm',
  summary: 'a typed npm package (.tgz) that predicts in Node and in a page',
  options: {
    name: 'its name, @team/churn; the model’s when left out',
    version: 'its version, 1.2.3; 0.0.VERSION-OF-THE-MODEL when left out',
  },
  load: async () => (await import('./write-npm.ts')).writeNpm,
};
