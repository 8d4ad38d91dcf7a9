export { openApiDocument } from './openapi/openapi-document.ts';
export { keepProcesses, type ProcessesOptions, type ServerProcesses } from './processes/keep-processes.ts';
export { joinKeeper, type Keeper } from './processes/keeper.ts';
export { operationPath } from './routes/operation-routes.ts';
export { jobsConfig, serverConfig } from './server-config.ts';
export { type RunningServer, type ServerOptions, startServer } from './start-server.ts';
