import { rolloutStrategyContract } from '@trestle/testing';
import { immediate } from './immediate.ts';

rolloutStrategyContract(immediate, {
  options: {},
  wrong: { options: { traffic: 10 }, field: 'traffic' },
});
