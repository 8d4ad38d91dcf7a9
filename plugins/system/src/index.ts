export { auditLog } from './audit/audit-log.ts';
export { auditVerify } from './audit/audit-verify.ts';
export { doctor } from './doctor/doctor.ts';
export { init } from './init/init.ts';
export { jobCancel, jobList, jobShow } from './job/job-operations.ts';
export { pluginList, pluginNew } from './plugin/plugin-operations.ts';
export { default, systemPlugin } from './system-plugin.ts';
export { tokenCreate, tokenList, tokenRevoke } from './token/token-operations.ts';
export { trace } from './trace/trace.ts';
