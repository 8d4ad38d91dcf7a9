import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll } from 'vitest';
import { openGuide } from './guide.test.setup.ts';

// The adapter of docs/develop/add-a-store-adapter.md, under the contract that the page shows: what it registers runs here.
const guide = await openGuide('develop/add-a-store-adapter.md');
await import(pathToFileURL(join(guide.dir, 'share', 'share.ts')).href);

afterAll(() => guide.remove());
