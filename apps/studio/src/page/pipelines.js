import { useState } from 'preact/hooks';
import { Fragment as _Fragment, jsx as _jsx, jsxs as _jsxs } from 'preact/jsx-runtime';
import { Graph } from '../chart/graph.tsx';
import { ago, count, duration } from '../format.ts';
import { to } from '../route.ts';
import { Answer, Empty } from '../ui/answer.tsx';
import { Badge, Time } from '../ui/badge.tsx';
import { Table } from '../ui/table.tsx';
import { useQuery } from '../use-query.ts';
import { RunPipeline } from './run-pipeline.tsx';

const POLL_MS = 2_000;
const startsAt = (triggers) => triggers.join(', ') || 'only when asked to';
export function PipelinesPage() {
  const list = useQuery('pipeline.list', {}, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { children: 'Pipelines' }),
      _jsx(Answer, {
        of: list,
        children: ({ pipelines }) =>
          pipelines.length === 0
            ? _jsx(Empty, {
                children: 'No pipelines yet: \u201Cdata.pipelines\u201D of trestle.config.ts describes them.',
              })
            : _jsx(Table, {
                caption: 'Pipelines',
                rows: pipelines,
                columns: [
                  {
                    label: 'Pipeline',
                    cell: ({ name }) => _jsx('a', { href: to('pipelines', name), children: name }),
                  },
                  { label: 'Steps', isNumber: true, cell: ({ steps }) => count(steps) },
                  { label: 'Starts', isText: true, cell: ({ triggers }) => startsAt(triggers) },
                  {
                    label: 'Last run',
                    cell: ({ lastRun }) => (lastRun ? _jsx(Badge, { children: lastRun.status }) : 'never'),
                  },
                  {
                    label: 'Started',
                    cell: ({ lastRun }) =>
                      lastRun ? _jsx(Time, { at: lastRun.startedAt, text: ago(lastRun.startedAt) }) : '–',
                  },
                ],
              }),
      }),
    ],
  });
}
/** One pipeline: its graph with what the last run, or the chosen one, made of each step, that run's steps, and the others. */
export function PipelinePage({ name, chosen }) {
  const pipeline = useQuery('pipeline.show', { name, runs: 20 }, POLL_MS);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h1', { dir: 'auto', children: name }),
      _jsx(Answer, {
        of: pipeline,
        children: ({ steps, triggers, runs }) => {
          const [last] = runs;
          const shown = runs.find(({ run }) => run === chosen) ?? last;
          return _jsxs(_Fragment, {
            children: [
              _jsxs('p', { class: 'quiet', children: ['It starts: ', startsAt(triggers)] }),
              _jsx(RunPipeline, { name: name, changed: pipeline.reload }),
              _jsx(PipelineGraph, { name: name, steps: steps, run: shown }),
              _jsx(Plan, { name: name }, last?.finishedAt),
              shown
                ? _jsxs(_Fragment, {
                    children: [
                      _jsxs('h2', {
                        children: [
                          shown === last ? 'Last run' : shown.run,
                          ' ',
                          _jsx(Badge, { children: shown.status }),
                        ],
                      }),
                      _jsx(Steps, { caption: `Steps of ${shown.run}`, steps: shown.steps }),
                    ],
                  })
                : null,
              _jsx('h2', { children: 'Runs' }),
              _jsx(Runs, { runs: runs, shown: shown }),
            ],
          });
        },
      }),
    ],
  });
}
/** What would run and why, when it is asked for: finding out reads the datasets' newest versions. */
function Plan({ name }) {
  const [isAsked, setIsAsked] = useState(false);
  return _jsxs(_Fragment, {
    children: [
      _jsx('h2', { children: 'If it ran now' }),
      isAsked
        ? _jsx(Planned, { name: name })
        : _jsx('button', { type: 'button', onClick: () => setIsAsked(true), children: 'What would run?' }),
    ],
  });
}
function Planned({ name }) {
  const plan = useQuery('pipeline.run', { name, dry: true });
  return _jsx(Answer, { of: plan, children: ({ steps }) => _jsx(Steps, { caption: 'Plan', steps: steps }) });
}
function PipelineGraph(props) {
  const { name, steps, run } = props;
  const ran = new Map(run?.steps.map((step) => [step.step, step]));
  const refOf = ({ kind, name: input }) => `${kind}:${input}`;
  const datasets = new Set(
    steps.flatMap(({ inputs, compares }) =>
      [...inputs, ...compares].filter(({ kind }) => kind === 'dataset').map(refOf),
    ),
  );
  const outputs = new Map(
    steps.map((step) => [`step:${step.name}`, ran.get(step.name)?.output ?? step.output]),
  );
  const hrefOf = (ref) => to('datasets', outputs.get(ref) ?? ref.slice(ref.indexOf(':') + 1));
  return _jsx(Graph, {
    about: `Steps of ${name}`,
    says: `${steps.length} steps and what they read; the tables below list them`,
    nodes: [
      ...[...datasets].map((ref) => ({ ref, kind: 'dataset' })),
      ...steps.map((step) => ({
        ref: `step:${step.name}`,
        kind: `${step.kind} · ${ran.get(step.name)?.state ?? 'not run yet'}`,
      })),
    ],
    edges: steps.flatMap((step) => [
      ...step.inputs.map((input) => ({ from: refOf(input), to: `step:${step.name}`, kind: '' })),
      ...step.compares
        // Read as well as compared with: one line says both.
        .filter((other) => step.inputs.every((input) => refOf(input) !== refOf(other)))
        .map((other) => ({ from: refOf(other), to: `step:${step.name}`, kind: 'compared' })),
    ]),
    hrefOf: hrefOf,
    toneOf: (ref) => TONES[ran.get(ref.slice('step:'.length))?.state ?? 'waiting'],
  });
}
const STATES = {
  waiting: 'would run',
  running: 'running',
  cached: 'is there',
  ran: 'ran',
  appended: 'appended',
  failed: 'failed',
  'not reached': 'not reached',
};
const TONES = {
  waiting: '',
  running: 'warn',
  cached: 'good',
  ran: 'good',
  appended: 'good',
  failed: 'bad',
  'not reached': '',
};
const Steps = ({ caption, steps }) =>
  _jsx(Table, {
    caption: caption,
    rows: steps,
    columns: [
      { label: 'Step', cell: ({ step }) => step },
      { label: 'State', cell: ({ state }) => _jsx(Badge, { children: STATES[state] }) },
      { label: 'Because', isText: true, cell: ({ error, reason }) => error ?? reason },
      {
        label: 'Made',
        cell: ({ output }) =>
          output === undefined ? '–' : _jsx('a', { href: to('datasets', output), children: output }),
      },
      { label: 'Rows', isNumber: true, cell: ({ rows }) => (rows === undefined ? '–' : count(rows)) },
      {
        label: 'Took',
        isNumber: true,
        cell: ({ durationMs }) => (durationMs === undefined ? '–' : `${(durationMs / 1_000).toFixed(1)} s`),
      },
    ],
  });
const Runs = ({ runs, shown }) =>
  runs.length === 0
    ? _jsx(Empty, { children: 'It has not run yet.' })
    : _jsx(Table, {
        caption: 'Runs, newest first',
        rows: runs,
        isMarked: (run) => run === shown,
        columns: [
          {
            label: 'Run',
            cell: ({ pipeline, run }) => _jsx('a', { href: to('pipelines', pipeline, run), children: run }),
          },
          { label: 'State', cell: ({ status }) => _jsx(Badge, { children: status }) },
          { label: 'Started by', cell: ({ trigger }) => trigger },
          { label: 'Started', cell: ({ startedAt }) => _jsx(Time, { at: startedAt, text: ago(startedAt) }) },
          {
            label: 'Took',
            isNumber: true,
            cell: ({ startedAt, finishedAt }) => (finishedAt ? duration(startedAt, finishedAt) : '–'),
          },
          { label: 'Error', isText: true, cell: ({ error }) => error ?? '–' },
        ],
      });
