import { estimators, trainingToken } from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { migrations } from '@trestle/store';
import { extraTrees, randomForest } from './estimator/forests.ts';
import { linear } from './estimator/linear.ts';
import { mlp } from './estimator/mlp.ts';
import { trees } from './estimator/trees.ts';
import { evaluateOperation } from './operations/evaluate.ts';
import { trainOperation } from './operations/train.ts';
import { trainingMigrations } from './run/run-tables.ts';

/** Training runs: from a dataset version to an evaluated, packaged model. */
export const trainingPlugin = plugin({
  name: 'training',
  version: '0.1.0',
  operations: [trainOperation, evaluateOperation],
  services: [
    provide(trainingToken, async (scope) => (await import('./training-service.ts')).trainingService(scope)),
  ],
  contributions: [
    // In the order in which `auto` tries them.
    contribute(estimators, trees),
    contribute(estimators, linear),
    contribute(estimators, mlp),
    contribute(estimators, extraTrees),
    contribute(estimators, randomForest),
    ...trainingMigrations.map((migration) => contribute(migrations, migration)),
  ],
});
