import { useState } from 'preact/hooks';
import { Graph } from '../../chart/graph.tsx';
import { ago, count, duration } from '../../format.ts';
import { to } from '../../frame/route.ts';
import type { Output } from '../../frame/server.ts';
import { useQuery } from '../../frame/use-query.ts';
import { Answer, Empty } from '../../ui/answer.tsx';
import { Badge, Time } from '../../ui/badge.tsx';
import { Table } from '../../ui/table.tsx';
import { Panels } from '../extensions/panels.tsx';
import { RunPipeline } from './run-pipeline.tsx';

type Pipeline = Output<'pipeline.show'>;
type PipelineRun = Pipeline['runs'][number];
type StepRun = PipelineRun['steps'][number];

/** Steps that begin and end are no events of the log. */
const POLL_MS = 2_000;
const startsAt = (triggers: readonly string[]): string => triggers.join(', ') || 'only when asked to';

export function PipelinesPage() {
  const list = useQuery('pipeline.list', {});
  return (
    <>
      <h1>Pipelines</h1>
      <Answer of={list}>
        {({ pipelines }) =>
          pipelines.length === 0 ? (
            <Empty>No pipelines yet: “data.pipelines” of trestle.config.ts describes them.</Empty>
          ) : (
            <Table
              caption="Pipelines"
              rows={pipelines}
              columns={[
                { label: 'Pipeline', cell: ({ name }) => <a href={to('pipelines', name)}>{name}</a> },
                { label: 'Steps', isNumber: true, cell: ({ steps }) => count(steps) },
                { label: 'Starts', isText: true, cell: ({ triggers }) => startsAt(triggers) },
                {
                  label: 'Last run',
                  cell: ({ lastRun }) => (lastRun ? <Badge>{lastRun.status}</Badge> : 'never'),
                },
                {
                  label: 'Started',
                  cell: ({ lastRun }) =>
                    lastRun ? <Time at={lastRun.startedAt} text={ago(lastRun.startedAt)} /> : '–',
                },
              ]}
            />
          )
        }
      </Answer>
    </>
  );
}

/** One pipeline: its graph with what the last run, or the chosen one, made of each step, that run's steps, and the others. */
export function PipelinePage({ name, chosen }: { name: string; chosen: string | undefined }) {
  const pipeline = useQuery('pipeline.show', { name, runs: 20 }, { pollMs: POLL_MS });
  return (
    <>
      <h1 dir="auto">{name}</h1>
      <Answer of={pipeline}>
        {({ steps, triggers, runs }) => {
          const [last] = runs;
          const shown = runs.find(({ run }) => run === chosen) ?? last;
          return (
            <>
              <p class="quiet">It starts: {startsAt(triggers)}</p>
              <RunPipeline name={name} changed={pipeline.reload} />
              <PipelineGraph name={name} steps={steps} run={shown} />
              <Plan name={name} key={last?.finishedAt} />
              {shown ? (
                <>
                  <h2>
                    {shown === last ? 'Last run' : shown.run} <Badge>{shown.status}</Badge>
                  </h2>
                  <Steps caption={`Steps of ${shown.run}`} steps={shown.steps} />
                </>
              ) : null}
              <h2>Runs</h2>
              <Runs runs={runs} shown={shown} />
            </>
          );
        }}
      </Answer>
      <Panels on="pipeline" subject={name} />
    </>
  );
}

/** What would run and why, when it is asked for: finding out reads the datasets' newest versions. */
function Plan({ name }: { name: string }) {
  const [isAsked, setIsAsked] = useState(false);
  return (
    <>
      <h2>If it ran now</h2>
      {isAsked ? (
        <Planned name={name} />
      ) : (
        <button type="button" onClick={() => setIsAsked(true)}>
          What would run?
        </button>
      )}
    </>
  );
}

function Planned({ name }: { name: string }) {
  const plan = useQuery('pipeline.run', { name, dry: true }, { isFixed: true });
  return <Answer of={plan}>{({ steps }) => <Steps caption="Plan" steps={steps} />}</Answer>;
}

function PipelineGraph(props: { name: string; steps: Pipeline['steps']; run: PipelineRun | undefined }) {
  const { name, steps, run } = props;
  const ran = new Map(run?.steps.map((step) => [step.step, step]));
  const refOf = ({ kind, name: input }: { kind: string; name: string }): string => `${kind}:${input}`;
  const datasets = new Set(
    steps.flatMap(({ inputs, compares }) =>
      [...inputs, ...compares].filter(({ kind }) => kind === 'dataset').map(refOf),
    ),
  );
  const outputs = new Map(
    steps.map((step) => [`step:${step.name}`, ran.get(step.name)?.output ?? step.output]),
  );
  const hrefOf = (ref: string): string => to('datasets', outputs.get(ref) ?? ref.slice(ref.indexOf(':') + 1));
  return (
    <Graph
      about={`Steps of ${name}`}
      says={`${steps.length} steps and what they read; the tables below list them`}
      nodes={[
        ...[...datasets].map((ref) => ({ ref, kind: 'dataset' })),
        ...steps.map((step) => ({
          ref: `step:${step.name}`,
          kind: `${step.kind} · ${ran.get(step.name)?.state ?? 'not run yet'}`,
        })),
      ]}
      edges={steps.flatMap((step) => [
        ...step.inputs.map((input) => ({ from: refOf(input), to: `step:${step.name}`, kind: '' })),
        ...step.compares
          // Read as well as compared with: one line says both.
          .filter((other) => step.inputs.every((input) => refOf(input) !== refOf(other)))
          .map((other) => ({ from: refOf(other), to: `step:${step.name}`, kind: 'compared' })),
      ])}
      hrefOf={hrefOf}
      toneOf={(ref) => TONES[ran.get(ref.slice('step:'.length))?.state ?? 'waiting']}
    />
  );
}

const STATES: Readonly<Record<StepRun['state'], string>> = {
  waiting: 'would run',
  running: 'running',
  cached: 'is there',
  ran: 'ran',
  appended: 'appended',
  failed: 'failed',
  'not reached': 'not reached',
  interrupted: 'interrupted',
};

const TONES: Readonly<Record<StepRun['state'], string>> = {
  waiting: '',
  running: 'warn',
  cached: 'good',
  ran: 'good',
  appended: 'good',
  failed: 'bad',
  'not reached': '',
  interrupted: 'warn',
};

const Steps = ({ caption, steps }: { caption: string; steps: readonly StepRun[] }) => (
  <Table
    caption={caption}
    rows={steps}
    columns={[
      { label: 'Step', cell: ({ step }) => step },
      { label: 'State', cell: ({ state }) => <Badge>{STATES[state]}</Badge> },
      { label: 'Because', isText: true, cell: ({ error, reason }) => error ?? reason },
      {
        label: 'Made',
        cell: ({ output }) => (output === undefined ? '–' : <a href={to('datasets', output)}>{output}</a>),
      },
      { label: 'Rows', isNumber: true, cell: ({ rows }) => (rows === undefined ? '–' : count(rows)) },
      {
        label: 'Took',
        isNumber: true,
        cell: ({ durationMs }) => (durationMs === undefined ? '–' : `${(durationMs / 1_000).toFixed(1)} s`),
      },
    ]}
  />
);

const Runs = ({ runs, shown }: { runs: readonly PipelineRun[]; shown: PipelineRun | undefined }) =>
  runs.length === 0 ? (
    <Empty>It has not run yet.</Empty>
  ) : (
    <Table
      caption="Runs, newest first"
      rows={runs}
      isMarked={(run) => run === shown}
      columns={[
        { label: 'Run', cell: ({ pipeline, run }) => <a href={to('pipelines', pipeline, run)}>{run}</a> },
        { label: 'State', cell: ({ status }) => <Badge>{status}</Badge> },
        { label: 'Started by', cell: ({ trigger }) => trigger },
        { label: 'Started', cell: ({ startedAt }) => <Time at={startedAt} text={ago(startedAt)} /> },
        {
          label: 'Took',
          isNumber: true,
          cell: ({ startedAt, finishedAt }) => (finishedAt ? duration(startedAt, finishedAt) : '–'),
        },
        { label: 'Error', isText: true, cell: ({ error }) => error ?? '–' },
      ]}
    />
  );
