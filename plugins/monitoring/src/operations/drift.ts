import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { driftReportSchema } from '../drift/drift-report.ts';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { driftViews } from '../view/drift-view.ts';

export const monitorDrift = operation({
  id: 'monitor.drift',
  summary:
    'Compares live traffic with the training reference or a dataset, feature by feature; exit code 3 on drift.',
  kind: 'query',
  access: 'monitor:read',
  resource: ({ deployment }) => resource('deployment', deployment),
  input: z.object({
    deployment: deploymentNameSchema.describe('Deployment'),
    against: z
      .string()
      .min(1)
      .optional()
      .describe('Compare with this dataset version instead of the training part.'),
  }),
  output: driftReportSchema,
  positionals: ['deployment'],
  load: () => import('./drift-handler.ts').then((module) => module.drift),
  present: driftViews,
  verdict: (report) => !report.drifted,
});
