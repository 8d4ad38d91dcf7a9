import process from 'node:process';
import { testServer } from './server.test.setup.ts';

// A server as a process of its own, for tests that signal it. It says its address, and drains on SIGTERM.
const it1 = await testServer();
process.once('SIGTERM', () => {
  void it1.stop().then(() => process.exit(0));
});
process.send?.(it1.server.url);
