export {
  type Caller,
  type CallOptions,
  type ClientOptions,
  createClient,
  type Methods,
  type OperationsIn,
} from './client.ts';
export type { WatchedEvent, WatchOptions } from './watch-log.ts';
