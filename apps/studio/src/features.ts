import { audit } from './feature/audit/index.tsx';
import { datasets } from './feature/datasets/index.tsx';
import { deployments } from './feature/deployments/index.tsx';
import { extensions } from './feature/extensions/index.tsx';
import { jobs } from './feature/jobs/index.tsx';
import { lineage } from './feature/lineage/index.tsx';
import { models } from './feature/models/index.tsx';
import { operations } from './feature/operations/index.tsx';
import { overview } from './feature/overview/index.tsx';
import { pipelines } from './feature/pipelines/index.tsx';
import { query } from './feature/query/index.tsx';
import { runs } from './feature/runs/index.tsx';
import type { Feature } from './frame/feature.ts';

/** What the header leads to, in its order. A new part of the Studio is a folder and a line here. */
export const SECTIONS: readonly Feature[] = [
  overview,
  datasets,
  query,
  pipelines,
  runs,
  models,
  deployments,
  lineage,
  jobs,
  audit,
  operations,
];

/** Those and what has no section of its own. */
export const FEATURES: readonly Feature[] = [...SECTIONS, extensions];
