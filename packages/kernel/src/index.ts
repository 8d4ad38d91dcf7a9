export * from './config/find-project.ts';
export * from './config/secret.ts';
export * from './door/index.ts';
export { localFiles } from './host/file-access.ts';
export type { CallOptions, Host } from './host/host.ts';
export { type HostOptions, openHost } from './host/open-host.ts';
export { isProject, type ProjectGate, projectGateToken } from './host/project-gate.ts';
export { stderrLogger } from './host/stderr-logger.ts';
export * from './spec.ts';
