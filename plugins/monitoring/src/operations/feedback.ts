import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema, feedbackResultSchema } from '../feedback/feedback-schemas.ts';
import { feedbackViews } from '../view/feedback-view.ts';

export const monitorFeedback = operation({
  id: 'monitor.feedback',
  summary: 'Takes in the labels of earlier predictions from a file.',
  kind: 'command',
  access: 'monitor:write',
  resource: ({ deployment }) => resource('deployment', deployment),
  input: z.object({
    deployment: deploymentNameSchema.describe('Deployment'),
    input: z.string().describe('JSON or JSON lines of {"id", "row"?, "label"}; - for standard input'),
  }),
  output: feedbackResultSchema,
  positionals: ['deployment'],
  load: () => import('../feedback/feedback-handler.ts').then((module) => module.feedback),
  present: feedbackViews,
});
