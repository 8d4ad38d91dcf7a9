import { resumeContract } from '@trestle/testing';

for (const job of ['training', 'pipeline', 'retraining'])
  resumeContract(job, new URL(`./resume/${job}.ts`, import.meta.url));
