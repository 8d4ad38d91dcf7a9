import { rejects } from 'node:assert';
import { mkdirSync, writeFileSync } from 'node:fs';
import { type DemoOptions, runDemo } from '@trestle/demo';

// The whole demo takes a minute and has its own step; that it refuses a folder of somebody else's takes none.
mkdirSync('mine');
writeFileSync('mine/notes.txt', 'not a demo');
const never = (): never => {
  throw new Error('The demo must not get as far as this.');
};
const options: DemoOptions = {
  projectDir: 'mine',
  openProject: never,
  startServer: never,
  port: 0,
  isOnce: true,
  signal: new AbortController().signal,
  show: () => {},
  onProgress: () => {},
};
await rejects(runDemo(options), { code: /^TRS_DEMO_/ });
