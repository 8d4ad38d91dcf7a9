// A program that another process runs: trains without a thought for memory, and says what it took. Arguments: device, loop.
import process from 'node:process';
import { wasmDevice } from '../../src/device/wasm/wasm-device.ts';
import { openWebGpu, type WebGpuDevice } from '../../src/device/webgpu/webgpu-device.ts';
import { jit, random, realizeTree, type Tensor, tensor, valueAndGrad } from '../../src/index.ts';

type Parameters = { w1: Tensor; b1: Tensor; w2: Tensor };

const [, , deviceName, loopName] = process.argv;
const device = deviceName === 'webgpu' ? await openGpu() : wasmDevice({ threads: 1 });

async function openGpu(): Promise<WebGpuDevice> {
  try {
    return await openWebGpu();
  } catch (reason) {
    console.log(JSON.stringify({ unavailable: String(reason) }));
    process.exit(0);
  }
}

const bytesInUse = (): number =>
  'memoryUse' in device
    ? device.memoryUse().reserved
    : device.statistics().usedBytes + device.statistics().keptBytes;

// Parameters of 64 or 16 KiB, so that 10,000 steps make more than twice what the test allows.
const WIDTH = deviceName === 'webgpu' ? 64 : 128;
const key = (seed: number) => random.key(seed);
const x = random.normal(key(1), [32, WIDTH], { device });
const y = x.sum(1, { keepDims: true }).mul(0.1);
const start: Parameters = {
  w1: random.normal(key(2), [WIDTH, WIDTH], { device }).mul(0.1),
  b1: tensor(new Float32Array(WIDTH), { device }),
  w2: random.normal(key(3), [WIDTH, 1], { device }).mul(0.1),
};
const loss = ({ w1, b1, w2 }: Parameters): Tensor =>
  x.matmul(w1).add(b1).tanh().matmul(w2).sub(y).square().mean();
function step(parameters: Parameters): { parameters: Parameters; loss: Tensor } {
  const { value, grad: gradient } = valueAndGrad(loss)(parameters);
  const moved = {
    w1: parameters.w1.sub(gradient.w1.mul(0.01)),
    b1: parameters.b1.sub(gradient.b1.mul(0.01)),
    w2: parameters.w2.sub(gradient.w2.mul(0.01)),
  };
  return { parameters: moved, loss: value };
}

export interface Sample {
  readonly step: number;
  readonly heap: number;
  readonly device: number;
}

/** What is on the heap is what is really in use: garbage is taken away first. Of device memory it is the most there was. */
function sample(step: number, device: number): Sample {
  globalThis.gc?.();
  return { step, heap: process.memoryUsage().heapUsed, device };
}

async function train(steps: number, pause: number, isJitted: boolean): Promise<Sample[]> {
  const run = isJitted ? jit(step) : step;
  let { parameters, loss: last } = run(start);
  const first = await last.item();
  const samples: Sample[] = [];
  let most = 0;
  for (let i = 1; i <= steps; i++) {
    ({ parameters, loss: last } = run(parameters));
    if (!isJitted) await realizeTree({ parameters, last });
    most = Math.max(most, bytesInUse());
    if (i % pause === 0 && !Number.isFinite(await last.item())) throw new Error('The loss is lost.');
    if (i === steps / 5 || i === steps) samples.push(sample(i, most));
  }
  if (!((await last.item()) < first)) throw new Error('Nothing was learnt.');
  return samples;
}

// `pause` is how often the loop awaits anything: a synchronous loop never does.
const loops: Record<string, () => Promise<Sample[]>> = {
  'jitted, synchronous': () => train(10_000, 10_000, true),
  'jitted, reading the loss now and then': () => train(10_000, 100, true),
  eager: () => train(1_000, 100, false),
};
console.log(JSON.stringify({ samples: await loops[loopName ?? '']?.() }));
process.exit(0);
