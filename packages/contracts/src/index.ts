export {
  type Batch,
  type BatchColumn,
  type ColumnSketch,
  type ColumnType,
  columnSketchSchema,
  columnTypeSchema,
  type Moments,
  momentsSchema,
  type PairSketch,
  POINT_LEVELS,
  type Points,
  pairSketchSchema,
  pointsSchema,
  type SketchedValue,
  type StoredType,
  storedTypeSchema,
  type TableSketch,
  tableSketchSchema,
} from '@trestle/statistics';
export * from './alerts.ts';
export * from './datasets.ts';
export * from './deployments.ts';
export * from './drift.ts';
export * from './duration.ts';
export * from './estimators.ts';
export * from './events/data-events.ts';
export * from './events/monitoring-events.ts';
export * from './events/registry-events.ts';
export * from './events/serving-events.ts';
export * from './events/system-events.ts';
export * from './events/tracking-events.ts';
export * from './executors.ts';
export * from './export-formats.ts';
export * from './features.ts';
export * from './gates.ts';
export * from './incidents.ts';
export * from './lineage.ts';
export * from './metrics.ts';
export * from './models.ts';
export * from './panels.ts';
export * from './prediction-log.ts';
export * from './preparations.ts';
export * from './reference.ts';
export * from './resources.ts';
export * from './rollouts.ts';
export * from './search.ts';
export * from './step-kinds.ts';
export * from './tokens.ts';
export * from './tracking.ts';
export * from './training.ts';
