export { type Caller, type CallOptions, type ClientOptions, createClient, type Methods } from './client.ts';
