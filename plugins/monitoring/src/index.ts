export * from './budget/budget-report.ts';
export * from './check/check-report.ts';
export * from './drift/drift-report.ts';
export * from './feedback/feedback-schemas.ts';
export * from './ingest/ingest-result.ts';
export { default, monitoringPlugin } from './monitoring-plugin.ts';
export { monitorAcknowledge, monitorAlerts } from './operations/alerts.ts';
export { monitorBudget, monitorPower } from './operations/budget.ts';
export { monitorCheck } from './operations/check.ts';
export { monitorDrift } from './operations/drift.ts';
export { monitorFeedback } from './operations/feedback.ts';
export {
  incidentAck,
  incidentResolve,
  incidentShow,
  incidentSilence,
  monitorIncidents,
} from './operations/incidents.ts';
export { monitorIngest } from './operations/ingest.ts';
export { monitorPerformance } from './operations/performance.ts';
export { monitorQuality } from './operations/quality.ts';
export { monitorStatus } from './operations/status.ts';
export * from './performance/model-performance.ts';
export * from './performance/performance-report.ts';
export * from './quality/quality-report.ts';
export { monitorRetrain } from './retrain/retrain-operation.ts';
export * from './retrain/retrain-result.ts';
export { monitoringConfig } from './rules/monitoring-config.ts';
export * from './status/status-report.ts';
