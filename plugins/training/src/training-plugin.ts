import { estimator, estimators, pruningRules, searchStrategies, trainingToken } from '@trestle/contracts';
import { contribute, plugin, provide } from '@trestle/kernel';
import { migrations } from '@trestle/store';
import { extraTrees, randomForest } from './estimator/forests.ts';
import { linear } from './estimator/linear.ts';
import { mlp } from './estimator/mlp.ts';
import { naiveBayes } from './estimator/naive-bayes.ts';
import { nearest } from './estimator/nearest.ts';
import { trees } from './estimator/trees.ts';
import { evaluateOperation } from './operations/evaluate.ts';
import { modelOptimize } from './operations/optimize.ts';
import { runReproduce } from './operations/reproduce.ts';
import { sweepResume, sweepShow, sweepStart, sweepStop } from './operations/sweep.ts';
import { trainOperation } from './operations/train.ts';
import { trainingMigrations } from './run/run-tables.ts';
import { asha, noPruning } from './search/asha.ts';
import { randomSearch } from './search/random-search.ts';
import { tpe } from './search/tpe.ts';

/** Training runs: from a dataset version to an evaluated, packaged model. */
export const trainingPlugin = plugin({
  name: 'training',
  version: '0.1.0',
  operations: [
    trainOperation,
    evaluateOperation,
    modelOptimize,
    sweepStart,
    sweepShow,
    sweepResume,
    sweepStop,
    runReproduce,
  ],
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
    contribute(estimators, estimator(nearest)),
    contribute(estimators, estimator(naiveBayes)),
    contribute(searchStrategies, tpe),
    contribute(searchStrategies, randomSearch),
    contribute(pruningRules, noPruning),
    contribute(pruningRules, asha),
    ...trainingMigrations.map((migration) => contribute(migrations, migration)),
  ],
});
