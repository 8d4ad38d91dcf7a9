import { debug } from '../../debug.ts';
import { type AdapterInfo, findAdapter, judge } from './adapter.ts';
import { unavailable } from './gpu-errors.ts';

export interface ProbeOptions {
  /** The file to load WebGPU from, in place of the package `webgpu`: tests give drivers that fail. */
  readonly file?: string;
  /** How long a driver may take to compute one number. */
  readonly timeoutMs?: number;
}

/** Enough for a driver that compiles its first shader on a busy machine. */
const TIMEOUT_MS = 20_000;

/**
 * Whether this machine has a GPU that computes. A page asks its browser, which keeps drivers in a process of their own. Node
 * would go down with a driver that crashes, so another process tries it first; that takes about as long as starting Node.
 *
 * @throws TRS_CORE_DEVICE_UNAVAILABLE with what is in the way
 */
export async function findRealGpu(options: ProbeOptions = {}): Promise<boolean> {
  const isInNode =
    typeof process !== 'undefined' && !(typeof navigator !== 'undefined' && 'gpu' in navigator);
  const found = isInNode ? judge(await probe(options)) : await findAdapter();
  if (debug().level >= 1) console.error(`webgpu: found ${found.description}`);
  return !found.isSoftware;
}

/** Run by the other process: opens a device, computes 6 x 7 on it, and prints what the adapter says of itself. */
const PROBE = `import(process.argv[1]).then(async ({ create }) => {
  const gpu = globalThis.gpu = create([]); // Kept: Dawn's devices must not outlive their instance.
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (!adapter) return console.log(JSON.stringify({ reason: 'no adapter was found' }));
  const device = await adapter.requestDevice();
  const module = device.createShaderModule({ code: \`
    @group(0) @binding(0) var<storage, read_write> answer: array<u32>;
    @compute @workgroup_size(1) fn main() { answer[0] = 6u * answer[0]; }\` });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const buffer = device.createBuffer({ size: 4, usage: 140 });
  const staging = device.createBuffer({ size: 4, usage: 9 });
  device.queue.writeBuffer(buffer, 0, Uint32Array.of(7));
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0), entries: [{ binding: 0, resource: { buffer } }] }));
  pass.dispatchWorkgroups(1);
  pass.end();
  encoder.copyBufferToBuffer(buffer, 0, staging, 0, 4);
  device.queue.submit([encoder.finish()]);
  await staging.mapAsync(1);
  const [answer] = new Uint32Array(staging.getMappedRange());
  const { vendor, architecture, device: model, description, isFallbackAdapter } = adapter.info;
  console.log(JSON.stringify(answer === 42
    ? { vendor, architecture, device: model, description, isFallbackAdapter }
    : { reason: 'the adapter computes 6 x 7 = ' + answer }));
  device.destroy();
  process.exit(0);
}).catch((error) => {
  console.log(JSON.stringify({ reason: String(error?.message ?? error).split('\\n')[0] }));
  process.exit(0);
});`;

async function probe({ file, timeoutMs = TIMEOUT_MS }: ProbeOptions): Promise<AdapterInfo> {
  // Not imported: browsers have no such modules, and bundlers must not look for them.
  const { execFile } = process.getBuiltinModule('node:child_process');
  const { pathToFileURL } = process.getBuiltinModule('node:url');
  const url = pathToFileURL(file ?? packageFile()).href;
  const output = await new Promise<string>((resolve, reject) => {
    const args = ['-e', PROBE, url];
    execFile(process.execPath, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }, (error, stdout) => {
      if (!error) resolve(stdout);
      else if (error.killed) reject(unavailable(`its driver gave no answer within ${timeoutMs} ms`));
      else reject(unavailable(`its driver crashed (${error.signal ?? `exit code ${error.code}`})`));
    });
  });
  const answer: unknown = JSON.parse(output.trim().split('\n').at(-1) || '{}');
  if (isAdapterInfo(answer)) return answer;
  const reason = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'reason') : undefined;
  throw unavailable(typeof reason === 'string' ? reason : 'its driver gave no answer');
}

const isAdapterInfo = (answer: unknown): answer is AdapterInfo =>
  typeof answer === 'object' && answer !== null && 'vendor' in answer && 'description' in answer;

function packageFile(): string {
  const { createRequire } = process.getBuiltinModule('node:module');
  try {
    return createRequire(import.meta.url).resolve('webgpu');
  } catch {
    throw unavailable('the package "webgpu" is not installed');
  }
}
