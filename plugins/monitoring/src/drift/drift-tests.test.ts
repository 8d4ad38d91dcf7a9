import { driftTestContract } from '@trestle/testing';
import { builtInDriftTests } from './drift-tests.ts';

for (const test of builtInDriftTests) driftTestContract(test);
