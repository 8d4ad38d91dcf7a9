import { trainOperation } from '@trestle/plugin-training';
import type { ResumeSubject } from '@trestle/testing';
import { builtinPlugins } from '../../src/builtin-plugins.ts';
import { addRows, files, outcome, spec } from './little-project.ts';

export const subject: ResumeSubject = {
  plugins: builtinPlugins.filter(({ name }) => name !== 'store'),
  files,
  fill: addRows,
  run: (host) => host.run(trainOperation, { ...spec, register: 'shop' }),
  outcome,
};
