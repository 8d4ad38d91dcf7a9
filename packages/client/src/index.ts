export {
  type Caller,
  type CallOptions,
  type ClientOptions,
  createClient,
  type Methods,
  type OperationsIn,
} from './client.ts';
