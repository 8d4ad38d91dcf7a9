import {
  type PipelineDefinition,
  pipelineNameSchema,
  pipelinePartsSchema,
  pipelineSources,
} from '@trestle/contracts';
import { configSection, didYouMean, type Scope } from '@trestle/kernel';
import { z } from 'zod';
import { dataError, pipelineError } from './pipeline-error.ts';

/** Pipelines by their names. What a step may say, its kind knows: it is checked when the pipeline is first looked at. */
export const pipelinesConfig = configSection(
  'pipelines',
  z.record(pipelineNameSchema, pipelinePartsSchema(z.looseObject({}))),
);

type Configured = Pick<Scope, 'config' | 'extensions'>;

/** Every pipeline that stands in the configuration. @throws TRS_PIPELINE_TWICE when two have one name */
export function pipelinesOf(scope: Configured): readonly PipelineDefinition[] {
  const own = Object.entries(scope.config(pipelinesConfig)).map(([name, parts]) => ({ name, ...parts }));
  const all = [...own, ...scope.extensions(pipelineSources).flatMap((source) => source.list(scope))];
  const twice = all.find(({ name }, index) => all.findIndex((other) => other.name === name) < index);
  if (!twice) return all;
  throw pipelineError('TWICE', {
    kind: 'invalid',
    message: `Two pipelines have the name "${twice.name}".`,
    hint: 'Give one of them another name: one stands in "pipelines" of the configuration, one in "data.pipelines".',
  });
}

/** @throws TRS_DATA_UNKNOWN_PIPELINE */
export function findPipeline(scope: Configured, name: string): PipelineDefinition {
  const pipelines = pipelinesOf(scope);
  const found = pipelines.find((one) => one.name === name);
  if (found) return found;
  const names = pipelines.map((one) => one.name);
  throw dataError('UNKNOWN_PIPELINE', {
    kind: 'not-found',
    message: `There is no pipeline "${name}".${didYouMean(name, names)}`,
    hint:
      names.length === 0
        ? 'Pipelines stand in "pipelines" of the configuration.'
        : `Pipelines: ${names.join(', ')}.`,
  });
}
