import process from 'node:process';
import { projectAt } from '../config/find-project.ts';
import { loadConfig } from '../config/load-config.ts';
import { didYouMean } from '../config/nearest-name.ts';
import { resolveConfig } from '../config/resolve-config.ts';
import type { ConfigSection } from '../config/section.ts';
import { isTrestleError } from '../error/trestle-error.ts';
import { jobStoreToken } from '../job/job-store.ts';
import type { Logger, Scope } from '../operation/context.ts';
import type { AnyOperation } from '../operation/operation.ts';
import { checkPlugins } from '../plugin/check-plugins.ts';
import type { ExtensionPoint } from '../plugin/extension-point.ts';
import { loadPlugins } from '../plugin/load-plugins.ts';
import { type Plugin, provide } from '../plugin/plugin.ts';
import { pluginError } from '../plugin/plugin-error.ts';
import { pluginsToken, replacedBy } from '../plugin/plugins-token.ts';
import { openDispatch } from './dispatcher.ts';
import { enqueueJob } from './enqueue.ts';
import { confinedFiles, localFiles } from './file-access.ts';
import type { CallOptions, Host } from './host.ts';
import { contextFor, type Invoker, invoke } from './invoke.ts';
import { DEFAULT_TIMINGS, holderName, type JobTimings, jobRunner } from './job-runner.ts';
import { kernelError } from './kernel-error.ts';
import { projectGate, projectGateToken } from './project-gate.ts';
import { openSchedule } from './scheduler.ts';
import { openServices } from './services.ts';
import { stderrLogger } from './stderr-logger.ts';

export interface HostOptions {
  readonly projectDir: string;
  /** The plugins that come with the app; the configuration's own are added behind them. */
  readonly plugins: readonly Plugin[];
  /** Plugins as if the configuration named them; one that it does name is not added again. */
  readonly added?: readonly Plugin[];
  /** Sections of the app itself. */
  readonly sections?: readonly ConfigSection[];
  /**
   * The project must be there, or be begun by an operation that may (`beginsProject`): what keeps state is refused otherwise. When
   * left out, a project is made where there is none.
   */
  readonly mustBeProject?: boolean;
  /**
   * Only these plugins, and of those that the configuration names only what stands in for them: a store, which all processes of a project
   * must share. Sections of others are left alone. For a process that needs a part of the project, as a script that logs a run does.
   */
  readonly isPart?: boolean;
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly log?: Logger;
  /** The folder that local callers' paths are relative to; the process's own when left out. */
  readonly cwd?: string;
  /** Makes a file of what comes on standard input, for the path `-`. */
  readonly standardInput?: () => Promise<string>;
  readonly jobs?: Partial<JobTimings>;
  /** The name of this process in leases; one that nobody has when left out. */
  readonly holder?: string;
}

/**
 * Opens a project: loads its configuration and plugins, and checks both. Services are made when first used, so opening
 * is cheap.
 *
 * @throws TRS_CONFIG_…, TRS_PLUGIN_…
 */
export async function openHost(options: HostOptions): Promise<Host> {
  const project = projectAt(options.projectDir);
  const env = options.env ?? process.env;
  const raw = await loadConfig(project.dir);
  const isPart = options.isPart ?? false;
  const named =
    isPart && !hasReplaceable(options.plugins) ? [] : await loadPlugins(raw.values.plugins, project.dir);
  const isNamed = ({ name }: Plugin): boolean => named.some((plugin) => plugin.name === name);
  const added = [...named, ...(options.added ?? []).filter((plugin) => !isNamed(plugin))].filter(
    (plugin) => !isPart || standsIn(plugin, options.plugins),
  );
  const plugins = [...options.plugins, ...added];
  checkPlugins(plugins, options.sections, new Set(added));
  const sections = [...(options.sections ?? []), ...plugins.flatMap((plugin) => plugin.config ?? [])];
  const operations = new Map<string, AnyOperation>(
    plugins.flatMap((plugin) =>
      (plugin.operations ?? []).map((operation) => [operation.id, operation] as const),
    ),
  );
  const partialScope: Omit<Scope, 'service'> = {
    project,
    log: options.log ?? stderrLogger(env),
    config: resolveConfig(raw, sections, env, isPart),
    extensions: <T>(point: ExtensionPoint<T>) =>
      // A contribution was made with the point itself, so its value has the point's type.
      plugins
        .flatMap((plugin) => plugin.contributions ?? [])
        .filter((contribution) => contribution.point === point.name)
        .map((contribution) => contribution.value as T),
  };
  const gate = projectGate(project, options.mustBeProject ?? false);
  const own = [provide(pluginsToken, () => plugins), provide(projectGateToken, () => gate)];
  const services = openServices(plugins, own, partialScope);
  const scope: Scope = { ...partialScope, service: services.get };
  const find = (id: string): AnyOperation => {
    const operation = operations.get(id);
    if (operation) return operation;
    throw kernelError('UNKNOWN_OPERATION', {
      kind: 'not-found',
      message: `There is no operation "${id.slice(0, 100)}".${didYouMean(id, operations.keys())}`,
      hint: 'See "trestle --help", or install the plugin that has it.',
    });
  };
  const invoker: Invoker = {
    scope,
    services,
    gate,
    find,
    files: {
      local: localFiles(options.cwd ?? process.cwd(), options.standardInput),
      remote: confinedFiles(project),
    },
  };
  const holder = options.holder ?? holderName();
  const jobs = jobRunner(invoker, operations, holder, { ...DEFAULT_TIMINGS, ...options.jobs });
  const stopping = new AbortController();
  const running: Promise<void>[] = [];

  const run = (operation: AnyOperation, input: unknown, call: CallOptions = {}): Promise<unknown> => {
    if (operation.beginsProject) gate.begin();
    return operation.kind === 'job'
      ? jobs.inline(operation, input, call)
      : invoke(invoker, operation, input, call);
  };

  return {
    ...scope,
    plugins,
    operations,
    // The output was checked by the operation's own schema.
    run: async (operation, input, call) => (await run(operation, input, call)) as never,
    runById: async (id, input, call) => await run(find(id), input, call),
    async enqueue(id, input, call = {}) {
      const operation = find(id);
      return await enqueueJob(invoker, operation, input, call);
    },
    context: (operation, call = {}) => contextFor(invoker, operation, call),
    async start({ worker = true, reactions = true } = {}) {
      if (worker) await services.get(jobStoreToken);
      // All are made ready before any begins: one that is broken is named, and nothing is left running.
      const loops = await Promise.all(
        plugins.flatMap((plugin) => [
          ...(plugin.subscribers ?? []).map((subscriber) =>
            ready(
              plugin,
              `subscriber "${subscriber.name}"`,
              openDispatch(invoker, plugin, subscriber, holder),
            ),
          ),
          ...(plugin.schedules ?? []).map((schedule) =>
            ready(plugin, `schedule "${schedule.name}"`, openSchedule(invoker, plugin, schedule, holder)),
          ),
        ]),
      );
      if (reactions) for (const loop of loops) running.push(loop(stopping.signal));
      if (worker) running.push(jobs.work(stopping.signal));
    },
    async close() {
      stopping.abort(kernelError('CLOSING', { kind: 'interrupted', message: 'The host is closing.' }));
      await Promise.allSettled(running);
      await services.close();
    },
  };
}

const hasReplaceable = (plugins: readonly Plugin[]): boolean =>
  plugins.some(({ services = [] }) => services.some(({ replaceable }) => replaceable !== undefined));

/** Whether a plugin provides a service in the place of one of others. */
const standsIn = (plugin: Plugin, others: readonly Plugin[]): boolean =>
  replacedBy(plugin, [...others, plugin]).size > 0;

async function ready<T>(plugin: Plugin, what: string, made: Promise<T>): Promise<T> {
  return await made.catch((cause: unknown) => {
    if (isTrestleError(cause)) throw cause;
    throw pluginError('BROKEN', {
      kind: 'failed',
      message: `Plugin "${plugin.name}": ${what} cannot be loaded: ${cause instanceof Error ? cause.message : String(cause)}`,
      hint: 'Correct or update the plugin, or remove it from the configuration.',
      details: { plugin: plugin.name },
      cause,
    });
  });
}
