import { resource } from '@trestle/contracts';
import { operation } from '@trestle/kernel';
import { z } from 'zod';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';
import { qualityReportSchema } from '../quality/quality-report.ts';

export const monitorQuality = operation({
  id: 'monitor.quality',
  summary:
    'How the data of the newest day is: missing, unseen, out of range, of another type, stale; exit code 3 if a feed is broken.',
  kind: 'query',
  access: 'monitor:read',
  resource: ({ deployment }) => resource('deployment', deployment),
  input: z.object({
    deployment: deploymentNameSchema.describe('Deployment, or monitor of the configuration'),
  }),
  output: qualityReportSchema,
  positionals: ['deployment'],
  load: () => import('../quality/measure-quality.ts').then((module) => module.quality),
  present: ({ deployment, state, window, checks }) => [
    {
      kind: 'note',
      tone: state === 'bad' ? 'bad' : state === 'ok' ? 'good' : 'info',
      text: `${deployment}: ${window.rows} rows of the newest day; ${checks.filter((one) => one.state === 'bad').length} of ${checks.length} checks are bad.`,
    },
    {
      kind: 'table',
      columns: [
        { key: 'check', label: 'check' },
        { key: 'state', label: 'state' },
        { key: 'summary', label: 'what was found' },
      ],
      rows: checks.map(({ check, state: of, summary }) => ({ check, state: of, summary })),
    },
  ],
  verdict: ({ state }) => state !== 'bad',
});
