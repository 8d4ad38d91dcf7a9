import { type AnyOperation, resourceName, touchedBy } from '@trestle/kernel';
import { describe, expect, it } from 'vitest';
import { builtinPlugins } from './builtin-plugins.ts';

/** What an operation touches whose fields hold their own names; of one that is not here: it says so where a field names something. */
const TOUCHES: Readonly<Record<string, readonly string[]>> = {
  'data.add': ['dataset/name'],
  'data.show': ['dataset/name'],
  'data.profile': ['dataset/name'],
  'data.validate': ['dataset/name', 'dataset/quarantine'],
  'data.export': ['dataset/name'],
  'data.diff': ['dataset/from', 'dataset/to'],
  'data.expect': ['dataset/name'],
  'data.tag': ['dataset/name'],
  'data.split': ['dataset/name', 'dataset/as'],
  'data.lineage': ['dataset/name'],
  'monitor.status': ['deployment/deployment'],
  'monitor.drift': ['deployment/deployment'],
  'monitor.alerts': ['deployment/deployment'],
  'monitor.acknowledge': ['alert/alert'],
  'monitor.incidents': ['deployment/deployment'],
  'incident.show': ['incident/incident'],
  'incident.ack': ['incident/incident'],
  'incident.resolve': ['incident/incident'],
  'incident.silence': ['incident/incident'],
  'monitor.feedback': ['deployment/deployment'],
  'monitor.check': ['deployment/deployment'],
  'monitor.retrain': ['deployment/deployment'],
  'monitor.ingest': ['deployment/deployment'],
  'monitor.budget': ['deployment/deployment'],
  'monitor.power': ['deployment/deployment'],
  'monitor.quality': ['deployment/deployment'],
  'monitor.performance': ['deployment/deployment'],
  'pipeline.run': ['pipeline/name'],
  'pipeline.show': ['pipeline/name'],
  'model.register': ['model/name', 'run/run'],
  'model.show': ['model/model'],
  'model.card': ['model/model'],
  'model.verify': ['model/model'],
  'model.promote': ['model/name'],
  'model.rollback': ['model/name'],
  'model.export': ['model/model'],
  deploy: ['model/model', 'deployment/name'],
  'deployment.show': ['deployment/deployment'],
  'deployment.rollback': ['deployment/deployment'],
  'deployment.pause': ['deployment/deployment'],
  'deployment.resume': ['deployment/deployment'],
  'deployment.promote': ['deployment/deployment'],
  'deployment.top': ['deployment/deployment'],
  'deployment.abort': ['deployment/deployment'],
  predict: ['model/model', 'dataset/data'],
  'job.show': ['job/job'],
  'job.cancel': ['job/job'],
  'run.list': ['experiment/experiment'],
  'run.show': ['run/run'],
  'run.compare': ['run/first', 'run/second', 'run/more'],
  'run.start': ['experiment/experiment', 'run/parent'],
  'run.log': ['run/run'],
  'run.finish': ['run/run'],
  'run.tag': ['run/run'],
  'run.note': ['run/run'],
  'run.move': ['run/run', 'experiment/experiment'],
  'run.delete': ['run/run'],
  'run.restore': ['run/run'],
  'run.reproduce': ['run/run'],
  'run.resume': ['run/run'],
  'run.cancel': ['run/run'],
  train: ['dataset/data', 'model/register'],
  evaluate: ['model/model', 'model/against', 'dataset/data'],
  'model.optimize': ['model/model', 'dataset/data', 'dataset/calibrate'],
};

/** Inputs whose names confine them to nothing: a token's, a new plugin's, and what reaches further than the dataset that is named. */
const EVERYTHING = ['token.create', 'plugin.new', 'data.erase', 'data.transform'];

const NAMING = /^(name|model|dataset|data|deployment|runs?|experiment|pipeline|alert|incident|job)$/;
const operations = builtinPlugins.flatMap((plugin): readonly AnyOperation[] => plugin.operations ?? []);
/** An input whose fields hold their own names, as references to a version. */
const inputOf = (operation: AnyOperation, version = '@3'): Record<string, string> =>
  Object.fromEntries(Object.keys(operation.input.shape).map((field) => [field, `${field}${version}`]));
const touched = (operation: AnyOperation, input: object): string[] =>
  touchedBy(operation, input).map(resourceName);

describe('what an operation touches', () => {
  it.each(operations.map((operation) => [operation.id, operation] as const))('%s', (id, operation) => {
    const expected = TOUCHES[id];
    if (expected) expect(touched(operation, inputOf(operation))).toEqual(expected);
    else if (!operation.resource && !EVERYTHING.includes(id))
      expect(Object.keys(operation.input.shape).filter((field) => NAMING.test(field))).toEqual([]);
  });

  it('is what the table says: nothing stands there that is no operation', () => {
    const ids = operations.map(({ id }) => id);
    expect([...Object.keys(TOUCHES), ...EVERYTHING].filter((id) => !ids.includes(id))).toEqual([]);
  });

  it('is everything, where what could be named is not', () => {
    const status = operations.find(({ id }) => id === 'monitor.status');
    expect(status && touched(status, {})).toEqual(['workspace/default']);
  });

  it.each(
    builtinPlugins
      .flatMap(({ routes = [] }) => routes)
      .map((route) => [`${route.method} ${route.path}`, route] as const),
  )('%s, by its path', (_, route) => {
    const names = [...route.path.matchAll(/:(\w+)/g)].map(([, name = '']) => name);
    const params = Object.fromEntries(names.map((name) => [name, 'mine']));
    expect(touchedBy(route, params).map(resourceName)).toEqual([
      names.includes('run') ? 'run/mine' : names.length > 0 ? 'deployment/mine' : 'workspace/default',
    ]);
  });

  it('over gRPC is the deployment that a message names', () => {
    const methods = builtinPlugins.flatMap(({ grpc = [] }) =>
      grpc.flatMap((one) => Object.entries(one.methods)),
    );
    for (const [name, method] of methods)
      expect([name, touchedBy(method, { name: 'mine', model_name: 'mine' }).map(resourceName)]).toEqual([
        name,
        [name.includes('Model') ? 'deployment/mine' : 'workspace/default'],
      ]);
  });
});
