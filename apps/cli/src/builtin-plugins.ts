import type { Plugin } from '@trestle/kernel';
import { containerPlugin } from '@trestle/plugin-container';
import { dataPlugin } from '@trestle/plugin-data';
import { monitoringPlugin } from '@trestle/plugin-monitoring';
import { pipelinePlugin } from '@trestle/plugin-pipeline';
import { registryPlugin } from '@trestle/plugin-registry';
import { servingPlugin } from '@trestle/plugin-serving';
import { systemPlugin } from '@trestle/plugin-system';
import { trackingPlugin } from '@trestle/plugin-tracking';
import { trainingPlugin } from '@trestle/plugin-training';
import { storePlugin } from '@trestle/store';

/** The plugins that come with the command line. Definitions only: their handlers load when they are used. */
export const builtinPlugins: readonly Plugin[] = [
  storePlugin,
  dataPlugin,
  pipelinePlugin,
  trackingPlugin,
  trainingPlugin,
  registryPlugin,
  containerPlugin,
  servingPlugin,
  monitoringPlugin,
  systemPlugin,
];
