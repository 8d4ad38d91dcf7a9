import { alertSchema } from '@trestle/contracts';
import { z } from 'zod';
import { budgetReportSchema } from '../budget/budget-report.ts';
import { driftReportSchema } from '../drift/drift-report.ts';
import { performanceReportSchema } from '../performance/performance-report.ts';

export const actionSchema = z.object({
  /** `queued`: a job will do it, or did; `waiting`: not yet, for the reason given. */
  state: z.enum(['none', 'waiting', 'queued']),
  reason: z.string(),
  job: z.string().optional(),
});
export type Action = z.infer<typeof actionSchema>;

export const checkReportSchema = z.object({
  deployment: z.string(),
  drift: driftReportSchema,
  performance: performanceReportSchema,
  budget: budgetReportSchema,
  fired: z.array(alertSchema),
  resolved: z.array(alertSchema),
  open: z.array(alertSchema),
  action: actionSchema,
});
export type CheckReport = z.infer<typeof checkReportSchema>;
