export { type DemoAccount, type DemoOptions, type DemoServer, runDemo } from './run-demo.ts';
