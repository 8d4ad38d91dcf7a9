import { resources } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { statusReportSchema } from '../status/status-report.ts';
import { statusViews } from '../view/status-view.ts';

export const monitorStatus = operation({
  id: 'monitor.status',
  summary: 'How deployments are: traffic, drift, performance, open alerts.',
  kind: 'query',
  access: 'monitor:read',
  resource: ({ deployment }) => resources({ deployment }),
  input: z.object({ deployment: deploymentNameSchema.optional().describe('Only this deployment') }),
  output: statusReportSchema,
  positionals: ['deployment'],
  load: () => import('../status/status.ts').then((module) => module.status),
  present: statusViews,
});
