import { availableParallelism } from 'node:os';
import process from 'node:process';
import { type Context, journalToken, pluginsToken, replacedBy, toTrestleError } from '@trestle/kernel';
import { storeCheckToken } from '@trestle/store';
import type { DoctorOutput, DoctorProblem } from './doctor.ts';
import { tryDevice } from './try-device.ts';
import { wasmFeatures } from './wasm-features.ts';

const REQUIRED_NODE = '22.13';
const FEW_FREE_BYTES = 200 * 2 ** 20;

export async function examine(ctx: Context, input: { readonly deep: boolean }): Promise<DoctorOutput> {
  const problems: DoctorProblem[] = [];
  const node = examineNode(problems);
  const devices = await examineDevices(problems);
  const wasm = wasmFeatures();
  const store = await examineStore(ctx, input.deep, problems);
  const plugins = await ctx.service(pluginsToken);
  return {
    ok: problems.every(({ severity }) => severity !== 'error'),
    node,
    devices,
    cpu: { threads: availableParallelism(), wasm },
    store,
    plugins: plugins.map((plugin) => ({
      name: plugin.name,
      version: plugin.version,
      operations: plugin.operations?.length ?? 0,
      replaces: [...replacedBy(plugin, plugins)].map(([service, owner]) => `${service} of ${owner}`),
    })),
    problems,
  };
}

function examineNode(problems: DoctorProblem[]): DoctorOutput['node'] {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const [needMajor = 0, needMinor = 0] = REQUIRED_NODE.split('.').map(Number);
  if (major < needMajor || (major === needMajor && minor < needMinor)) {
    problems.push({
      severity: 'error',
      what: `Node ${process.versions.node} is too old.`,
      hint: `Install Node ${REQUIRED_NODE} or newer.`,
    });
  }
  return {
    version: process.versions.node,
    required: `>=${REQUIRED_NODE}`,
    platform: `${process.platform} ${process.arch}`,
  };
}

async function examineDevices(problems: DoctorProblem[]): Promise<DoctorOutput['devices']> {
  const names = ['wasm', 'webgpu'] as const;
  return await Promise.all(
    names.map(async (name) => {
      const tried = await tryDevice(name);
      if (!tried.available) {
        problems.push({
          severity: name === 'wasm' ? 'error' : 'warning',
          what: `The device "${name}" cannot be used: ${tried.description}`,
          hint: tried.hint || 'Training and serving use the CPU; a GPU needs its driver.',
        });
      }
      return { name, available: tried.available, description: tried.description };
    }),
  );
}

async function examineStore(
  ctx: Context,
  deep: boolean,
  problems: DoctorProblem[],
): Promise<DoctorOutput['store']> {
  try {
    const { metadata, blobs } = await (await ctx.service(storeCheckToken)).check({
      deep,
      signal: ctx.signal,
      onProgress: (fraction) => ctx.progress({ step: 'checking the store', fraction }),
    });
    const found = [...metadata.problems, ...blobs.problems];
    for (const what of found) {
      problems.push({
        severity: 'error',
        what: `The store is damaged: ${what}`,
        hint: 'Restore it from a backup.',
      });
    }
    if (metadata.freeBytes !== undefined && metadata.freeBytes < FEW_FREE_BYTES) {
      problems.push({
        severity: 'warning',
        what: 'The disk is almost full.',
        hint: `Free some space on ${metadata.location}.`,
      });
    }
    const { ok, events, head, firstBad } = await (await ctx.service(journalToken)).verify();
    if (!ok) {
      problems.push({
        severity: 'error',
        what: `The audit log is broken at event ${firstBad}.`,
        hint: 'Run "trestle audit verify", and compare with a backup.',
      });
    }
    return {
      ok: found.length === 0 && ok,
      engine: metadata.engine,
      location: metadata.location,
      metadataBytes: metadata.bytes,
      freeBytes: metadata.freeBytes,
      reserveBytes: metadata.reserveBytes,
      blobs: { engine: blobs.engine, location: blobs.location, count: blobs.count, bytes: blobs.bytes },
      audit: { ok, events, head },
    };
  } catch (thrown) {
    const error = toTrestleError(thrown);
    if (error.code === 'TRS_KERNEL_NO_PROJECT') {
      problems.push({ severity: 'warning', what: error.message, hint: error.hint ?? '' });
      return { ok: true, location: ctx.project.stateDir };
    }
    problems.push({ severity: 'error', what: `${error.code}: ${error.message}`, hint: error.hint ?? '' });
    return { ok: false, location: ctx.project.stateDir };
  }
}
