import { estimator } from '@trestle/contracts';
import { estimatorContract } from '@trestle/testing';
import { extraTrees, randomForest } from './forests.ts';
import { linear } from './linear.ts';
import { mlp } from './mlp.ts';
import { naiveBayes } from './naive-bayes.ts';
import { nearest } from './nearest.ts';
import { trees } from './trees.ts';

estimatorContract(linear);
estimatorContract(mlp);
estimatorContract(trees);
estimatorContract(randomForest);
estimatorContract(extraTrees);
estimatorContract(estimator(nearest));
estimatorContract(estimator(naiveBayes));
