import { monitorRetrain } from '@trestle/plugin-monitoring';
import type { ResumeSubject } from '@trestle/testing';
import { builtinPlugins } from '../../src/builtin-plugins.ts';
import { addRows, deployWithLabels, files, outcome } from './little-project.ts';

const config = { monitoring: { defaults: { retrain: { minLabels: 20 } } } };

export const subject: ResumeSubject = {
  plugins: builtinPlugins.filter(({ name }) => name !== 'store'),
  files: { ...files, 'trestle.config.json': JSON.stringify(config) },
  async fill(host) {
    await addRows(host);
    await deployWithLabels(host);
  },
  run: (host) => host.run(monitorRetrain, { deployment: 'shop' }),
  outcome,
};
