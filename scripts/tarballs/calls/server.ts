import { ok } from 'node:assert';
import { openHost } from '@trestle/kernel';
import { serverConfig, startServer } from '@trestle/server';
import { storePlugin } from '@trestle/store';

const host = await openHost({ projectDir: '.', plugins: [storePlugin], sections: [serverConfig] });
const server = await startServer(host, { port: 0, host: '127.0.0.1' });
ok((await fetch(new URL('/healthz', server.url))).ok);
await server.close();
await host.close();
