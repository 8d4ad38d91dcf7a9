import { resource } from '@trestle/contracts';
import { operation, type View } from '@trestle/kernel';
import { z } from 'zod';
import { type BudgetReport, budgetReportSchema, powerReportSchema } from '../budget/budget-report.ts';
import { deploymentNameSchema } from '../feedback/feedback-schemas.ts';

const deployment = deploymentNameSchema.describe('Deployment, or monitor of the configuration');

export const monitorBudget = operation({
  id: 'monitor.budget',
  summary: 'What the checks say that are held to the declared rate of false alarms; exit code 3 on an alarm.',
  kind: 'query',
  access: 'monitor:read',
  resource: (input) => resource('deployment', input.deployment),
  input: z.object({ deployment }),
  output: budgetReportSchema,
  positionals: ['deployment'],
  load: () => import('../budget/power.ts').then((module) => module.budget),
  present: budgetViews,
  verdict: ({ state }) => state !== 'alarm',
});

export const monitorPower = operation({
  id: 'monitor.power',
  summary: 'How many rows after a change it is found, at the declared rate of false alarms.',
  kind: 'query',
  access: 'monitor:read',
  resource: (input) => resource('deployment', input.deployment),
  input: z.object({
    deployment,
    shift: z.number().positive().max(10).default(0.2).describe('Of the mean, in standard deviations.'),
    probability: z.number().gt(0.5).lt(1).default(0.9).describe('With which it is to be found.'),
  }),
  output: powerReportSchema,
  positionals: ['deployment'],
  load: () => import('../budget/power.ts').then((module) => module.power),
  present: ({ deployment: name, power, falseAlarms, streams }) => [
    {
      kind: 'note',
      tone: 'info',
      text: `${name}: at ${falseAlarms} of ${streams} streams together. ${power[0]?.summary ?? 'No number is watched.'}`,
    },
    {
      kind: 'table',
      columns: [
        { key: 'feature', label: 'feature' },
        { key: 'shift', label: 'shift', align: 'right' },
        { key: 'rows', label: 'rows', align: 'right' },
        { key: 'dispersion', label: 'dispersion', align: 'right' },
      ],
      rows: power.map(({ feature, shift, rows, dispersion }) => ({
        feature,
        shift,
        rows,
        dispersion: Number(dispersion.toFixed(2)),
      })),
    },
  ],
});

function budgetViews(report: BudgetReport): View[] {
  const {
    deployment: name,
    state,
    falseAlarms,
    blocks,
    needed,
    streams,
    alarms,
    evidence,
    threshold,
  } = report;
  const text =
    state === 'off'
      ? `${name}: no budget of false alarms is declared, or there is nothing to compare with.`
      : state === 'learning'
        ? `${name}: ${blocks} of ${needed} blocks that are needed to know what is usual; nothing is paged for.`
        : state === 'alarm'
          ? `${name}: a change of ${alarms.at(-1)?.features.join(', ')} (${alarms.at(-1)?.time}).`
          : `${name}: no change in ${blocks} blocks; evidence ${evidence.toPrecision(2)} of ${threshold}.`;
  return [
    { kind: 'note', tone: state === 'alarm' ? 'bad' : state === 'ok' ? 'good' : 'info', text },
    {
      kind: 'facts',
      facts: [
        ['budget', falseAlarms ?? 'none'],
        ['streams', streams],
        ['alarms in its time', alarms.length],
      ],
    },
    ...(report.features.length === 0
      ? []
      : [
          {
            kind: 'table',
            columns: [
              { key: 'feature', label: 'feature' },
              { key: 'segment', label: 'segment' },
              { key: 'what', label: 'what' },
              { key: 'evidence', label: 'evidence', align: 'right' },
              { key: 'deviation', label: 'standard errors', align: 'right' },
            ],
            rows: report.features.map((one) => ({
              ...one,
              evidence: Number(one.evidence.toPrecision(2)),
              deviation: Number(one.deviation.toFixed(1)),
            })),
          } satisfies View,
        ]),
  ];
}
