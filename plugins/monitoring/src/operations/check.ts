import { resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { checkReportSchema } from '../check/check-report.ts';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { checkViews } from '../view/check-view.ts';

export const monitorCheck = operation({
  id: 'monitor.check',
  summary: 'Checks a deployment now: measures, opens and resolves alerts, starts the configured action.',
  kind: 'command',
  access: 'monitor:write',
  resource: ({ deployment }) => resources({ deployment }),
  input: z.object({ deployment: deploymentNameSchema.describe('Deployment') }),
  output: checkReportSchema,
  positionals: ['deployment'],
  load: () => import('./check-handler.ts').then((module) => module.check),
  present: checkViews,
});
