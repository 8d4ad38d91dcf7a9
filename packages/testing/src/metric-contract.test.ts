import { metricTable } from '@trestle/statistics';
import { metricContract } from './metric-contract.ts';

for (const metric of metricTable) metricContract(metric);
