import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { retrainViews } from '../view/retrain-view.ts';
import { retrainResultSchema } from './retrain-result.ts';

export const monitorRetrain = operation({
  id: 'monitor.retrain',
  summary:
    'Retrains a deployment’s model with its labelled traffic; the challenger replaces the champion if it is better.',
  kind: 'job',
  access: 'monitor:retrain',
  resource: ({ deployment }) => resource('deployment', deployment),
  input: z.object({
    deployment: deploymentNameSchema.describe('Deployment'),
    alert: z
      .string()
      .max(100)
      .optional()
      .describe('The alert that it answers; repeated, it goes on where it stopped'),
  }),
  output: retrainResultSchema,
  positionals: ['deployment'],
  load: () => import('./retrain.ts').then((module) => module.retrain),
  present: retrainViews,
});
