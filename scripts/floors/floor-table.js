/**
 * Which of our packages a package may import: the table of docs/architecture.md. A folder that is not listed here is an
 * offence, so that a new package gets its floor before its first import.
 *
 * @type {Readonly<Record<string, readonly string[]>>}
 */
export const MAY_IMPORT = {
  // Floor 0
  'packages/core': [],
  'packages/kernel': [],
  'packages/statistics': [],
  // Floor 1
  // onnx for the types of what an estimator becomes, statistics for what a column and a sketch of it are.
  'packages/contracts': ['packages/kernel', 'packages/onnx', 'packages/statistics'],
  'packages/tables': ['packages/kernel', 'packages/statistics'],
  // statistics for its metrics, which are offered beside the losses.
  'packages/nn': ['packages/core', 'packages/statistics'],
  'packages/trees': ['packages/core'],
  'packages/gpujs': ['packages/core'],
  'packages/onnx': ['packages/core'],
  'packages/store': ['packages/kernel'],
  // Floor 2
  'packages/store-postgres': ['packages/kernel', 'packages/store'],
  'packages/store-s3': ['packages/kernel', 'packages/store'],
  'packages/model': ['packages/core', 'packages/onnx'],
  'packages/client': ['packages/kernel'],
  'packages/features': [
    'packages/kernel',
    'packages/contracts',
    'packages/statistics',
    'packages/onnx',
    'packages/model',
  ],
  // kernel for its door: folders of models name files.
  'packages/formats': ['packages/kernel', 'packages/onnx', 'packages/trees', 'packages/model'],
  'packages/testing': [
    'packages/core',
    'packages/kernel',
    'packages/contracts',
    'packages/store',
    'packages/statistics',
    'packages/onnx',
    'packages/model',
    'packages/features',
    'packages/tables',
  ],
  // Floor 3
  'plugins/system': plugin('packages/core'),
  // core for pipelines' steps on tensors, loaded in the thread of such a step; model for its decoder of images, so that there is one.
  'plugins/data': plugin('packages/tables', 'packages/core', 'packages/model'),
  'plugins/pipeline': plugin(),
  'plugins/tracking': plugin(),
  'plugins/training': plugin(
    'packages/features',
    'packages/formats',
    'packages/core',
    'packages/nn',
    'packages/trees',
    'packages/onnx',
    'packages/model',
  ),
  'plugins/registry': plugin('packages/model', 'packages/formats'),
  'plugins/container': plugin(),
  'plugins/serving': plugin('packages/model', 'packages/onnx'),
  'plugins/monitoring': plugin('packages/model'),
  // Floor 4
  'apps/server': ['packages/kernel', 'packages/contracts', 'packages/store'],
  'apps/studio': ['packages/client', 'packages/kernel'],
  'apps/demo': ['packages/kernel', 'packages/contracts', 'packages/model', 'plugins/*'],
  'apps/cli': [
    'packages/kernel',
    'packages/contracts',
    'packages/store',
    'packages/store-postgres',
    'packages/store-s3',
    'packages/client',
    'plugins/*',
    'apps/server',
    'apps/demo',
  ],
  benchmarks: ['packages/*', 'plugins/*', 'apps/*'],
};

/**
 * What a package may know the types of, besides: they are gone when it is built.
 *
 * @type {Readonly<Record<string, string>>}
 */
const MAY_KNOW = { 'apps/studio': 'plugins/' };

/**
 * What every plugin may import, and its own.
 *
 * @param {readonly string[]} more
 */
function plugin(...more) {
  return ['packages/kernel', 'packages/contracts', 'packages/store', 'packages/statistics', ...more];
}

/**
 * @param {string} from a package's folder
 * @param {string} to another's
 * @param {'value' | 'type' | 'lazy'} kind
 */
export function mayImport(from, to, kind) {
  const known = MAY_KNOW[from];
  if (kind === 'type' && known !== undefined && to.startsWith(known)) return true;
  return (MAY_IMPORT[from] ?? []).some((allowed) =>
    allowed.endsWith('/*') ? to.startsWith(allowed.slice(0, -1)) : to === allowed,
  );
}
