import { estimatorContract } from '@trestle/testing';
import { linear } from './linear.ts';
import { mlp } from './mlp.ts';

estimatorContract(linear);
estimatorContract(mlp);
