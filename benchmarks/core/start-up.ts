import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import process from 'node:process';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import type { Comparison, Side } from '../runner/comparison.ts';
import { median } from '../runner/median.ts';
import { whyNoPeers } from './peers.ts';

const ENTRY = { ours: import.meta.resolve('@trestle/core') };
const peers = new URL('../peers/', import.meta.url);
const PROCESSES = 5;

/** How long `import` takes in a new process, as that process sees it. */
function importSide(entry: () => string): Side {
  const clock = process.env.BENCH_CLOCK === 'cpu' ? 'process.cpuUsage().user / 1000' : 'performance.now()';
  const code = `const t = ${clock}; await import(process.argv[1]); console.log(${clock} - t)`;
  return () => ({
    async measure() {
      const times: number[] = [];
      for (let n = 0; n < PROCESSES; n++) {
        const args = ['--input-type=module', '-e', code, entry()];
        times.push(Number((await promisify(execFile)(process.execPath, args)).stdout));
      }
      return { ms: median(times) };
    },
  });
}

/** All that a package exports, for a browser, minified and gzipped; what it imports later is not counted. */
function sizeSide(entry: () => string): Side {
  return async () => {
    const kilobytes = await sizeOf(entry());
    return { measure: () => ({ kilobytes }) };
  };
}

async function sizeOf(entry: string): Promise<number> {
  const output = await build({
    configFile: false,
    logLevel: 'error',
    build: {
      write: false,
      minify: true,
      target: 'es2023',
      lib: { entry, formats: ['es'], fileName: 'all' },
      rollupOptions: { external: ['webgpu', /^node:/] },
    },
  });
  const [first] = [output].flat();
  const chunks = first && 'output' in first ? first.output : [];
  const [entryChunk] = chunks.filter((chunk) => chunk.type === 'chunk' && chunk.isEntry);
  if (entryChunk?.type !== 'chunk') throw new Error('The bundler made no entry.');
  return gzipSync(entryChunk.code, { level: 9 }).length / 1000;
}

const peer =
  (name: string, side: (entry: () => string) => Side, resolve: () => string): Side =>
  async () => {
    const why = whyNoPeers(name);
    return why === undefined ? await side(resolve)() : { why };
  };

/** What it costs to have the core at all. */
export function startUp(): readonly Comparison[] {
  const ours = (): string => ENTRY.ours.replace(/^file:\/\//, '');
  const jax = (): string =>
    createRequire(peers)
      .resolve('@jax-js/jax')
      .replace(/\.cjs$/, '.js');
  const tfjs = (): string => createRequire(peers).resolve('@tensorflow/tfjs');
  return [
    {
      rows: [
        {
          name: 'import in Node',
          reading: 'ms',
          unit: 'ms',
          better: 'lower',
          target: { over: 'itself', atMost: 25 },
        },
      ],
      ours: importSide(ours),
      peers: { 'jax-js': peer('jax-js', importSide, jax), 'tfjs-wasm': peer('tfjs-wasm', importSide, tfjs) },
    },
    {
      rows: [
        {
          name: 'browser bundle, min+gzip',
          reading: 'kilobytes',
          unit: 'KB',
          better: 'lower',
          target: { over: 'itself', atMost: 60 },
        },
      ],
      ours: sizeSide(ours),
      peers: { 'jax-js': peer('jax-js', sizeSide, jax) },
    },
  ];
}
