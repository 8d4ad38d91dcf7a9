import { panels } from '@trestle/contracts';
import { contribute, operation, plugin, secret } from '@trestle/kernel';
import { z } from 'zod';
import { HOSTILE } from './hostile.test.setup.ts';

// A plugin of which the Studio knows nothing: its pages are drawn from what its operations say of themselves.

const LONG = 5_000;
const places = ['Dover', 'Calais', HOSTILE.column] as const;

const tidesLevels = operation({
  id: 'tides.levels',
  summary: 'Shows the levels of the water at a place.',
  kind: 'query',
  access: 'tides:read',
  input: z.object({
    place: z.enum(places).describe('where the water is measured'),
    days: z.number().int().min(1).max(100_000).default(3).describe('how many days'),
    limits: z.array(z.string()).optional().describe('levels to warn of'),
    key: secret().optional().describe('the key of the gauge'),
  }),
  output: z.object({ place: z.string(), levels: z.array(z.number()), isFine: z.boolean() }),
  positionals: ['place'],
  present: ({ place, levels, isFine }) => [
    { kind: 'heading', text: `The water at ${place}` },
    { kind: 'note', tone: isFine ? 'good' : 'warn', text: isFine ? 'All is fine.' : 'The water is high.' },
    {
      kind: 'facts',
      title: 'In short',
      facts: [
        ['place', place],
        ['highest', Math.max(...levels)],
        ['measured', levels.length],
      ],
    },
    {
      kind: 'bars',
      title: 'The first days',
      bars: levels.slice(0, 3).map((value, k) => ({ label: `day ${k + 1}`, value, note: `${value} m` })),
    },
    { kind: 'lines', title: 'Levels', series: [{ name: 'level', points: levels }] },
    {
      kind: 'table',
      title: 'Measurements',
      columns: [
        { key: 'day', label: 'Day', align: 'right' },
        { key: 'level', label: 'Level', align: 'right' },
        { key: 'text', label: 'Remark' },
      ],
      rows: levels.map((level, k) => ({ day: k + 1, level, text: HOSTILE.values[k % 5] ?? '' })),
    },
    { kind: 'text', text: '  as it stands:\n\tkept' },
  ],
  verdict: ({ isFine }) => isFine,
  load:
    async () =>
    async (_ctx, { place, days }) => {
      const levels = Array.from({ length: days }, (_, k) => Math.round(100 * (2 + Math.sin(k / 40))) / 100);
      return { place, levels, isFine: days < LONG };
    },
});

let closed = 0;
const tidesClose = operation({
  id: 'tides.close',
  summary: 'Closes a gate, which takes a while.',
  kind: 'job',
  access: 'tides:write',
  input: z.object({ gate: z.string().min(1).max(20) }),
  output: z.object({ gate: z.string(), closed: z.number() }),
  present: ({ gate, closed: times }) => [
    { kind: 'facts', facts: [['gate', gate] as const, ['closed so often', times] as const] },
  ],
  load:
    async () =>
    async (ctx, { gate }) => {
      for (const fraction of [0.3, 0.6, 0.9]) {
        ctx.progress({ step: `${gate} at ${fraction}`, fraction });
        await new Promise((resolve) => setTimeout(resolve, 600));
      }
      closed += 1;
      return { gate, closed };
    },
});

const tidesOf = operation({
  id: 'tides.of',
  summary: 'Says what the water has to do with a model.',
  kind: 'query',
  access: 'tides:read',
  input: z.object({ model: z.string() }),
  output: z.object({ model: z.string() }),
  present: ({ model }) => [{ kind: 'note', tone: 'info', text: `${model} was not made at sea.` }],
  load:
    async () =>
    async (_ctx, { model }) => ({ model }),
});

export const tidesPlugin = plugin({
  name: 'tides',
  version: '1.0.0',
  operations: [tidesLevels, tidesClose, tidesOf],
  contributions: [
    contribute(panels, {
      name: 'tides',
      title: 'Tides',
      on: 'page',
      operation: 'tides.levels',
      input: { place: 'Dover' },
    }),
    contribute(panels, {
      name: 'sea',
      title: 'At sea',
      on: 'model',
      operation: 'tides.of',
      subject: 'model',
    }),
  ],
});
