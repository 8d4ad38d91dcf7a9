import { isRecord } from '../record.ts';
import type { Plugin } from './plugin.ts';
import { pluginError } from './plugin-error.ts';

const OPERATION_ID = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9-]*)?$/;
const ACCESS = /^[a-z][a-z0-9-]*:[a-z]+$/;
const KINDS = ['query', 'command', 'job'];
const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'];
/** Words that a surface has for itself: the client's own methods, the command line's own commands. */
const RESERVED = ['call', 'follow', 'present', 'watch', 'then', 'help', 'serve', 'worker', 'demo'];

type Fields = Readonly<Record<string, unknown>>;

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const isSchema = (value: unknown): boolean => isRecord(value) && isRecord(value._zod) && 'safeParse' in value;
const hasMethod = (value: unknown, name: string): boolean =>
  isRecord(value) && typeof value[name] === 'function';

/** Checks that a value has the shape of a plugin. @throws TRS_PLUGIN_INVALID naming what is wrong */
export function asPlugin(value: unknown, from: string): Plugin {
  if (!isRecord(value) || !isText(value.name) || !isText(value.version)) {
    throw pluginError('INVALID', {
      kind: 'invalid',
      message: `"${from}" is not a Trestle plugin: its default export has no name and version.`,
      hint: 'A plugin exports `plugin({ name, version, … })` as its default. Is this the right package?',
      details: { plugin: from },
    });
  }
  checkParts(value.name, value);
  return value as unknown as Plugin;
}

/** What is wrong with one part of a plugin, or nothing. */
type Check = (part: Fields) => string | undefined;

const PARTS: Readonly<Record<string, Check>> = {
  operations: operationFault,
  routes: ({ method, path, access, resource, load }) =>
    METHODS.includes(String(method))
      ? isText(path) && path.startsWith('/')
        ? (accessFault(access, 'serving:predict') ?? resourceFault(resource) ?? loadFault(load))
        : 'its path must begin with "/"'
      : `its method must be one of ${METHODS.join(', ')}`,
  services: ({ token, make }) =>
    isRecord(token) && isText(token.name)
      ? typeof make === 'function'
        ? undefined
        : 'it has no function "make"'
      : 'it has no token; use `provide(token, make)`',
  subscribers: ({ name, types, load }) =>
    isText(name)
      ? Array.isArray(types) && types.every(isText)
        ? loadFault(load)
        : 'its types must be a list of event types'
      : 'it has no name',
  schedules: ({ name, every, load }) =>
    isText(name) ? (everyFault(every) ?? loadFault(load)) : 'it has no name',
  metrics: ({ name, collect }) =>
    isText(name)
      ? typeof collect === 'function'
        ? undefined
        : 'it has no function "collect"'
      : 'it has no name',
  problemForms: ({ under, body }) =>
    isText(under) && under.startsWith('/')
      ? typeof body === 'function'
        ? undefined
        : 'it has no function "body"'
      : 'its path must begin with "/"',
  grpc: ({ proto, name, methods }) =>
    proto instanceof URL && isText(name) && isRecord(methods)
      ? Object.values(methods).flatMap((method) =>
          isRecord(method)
            ? (accessFault(method.access, 'serving:predict') ?? loadFault(method.load) ?? [])
            : ['a method is no object'],
        )[0]
      : 'it needs the address of its proto file, a name and methods',
  contributions: ({ point }) =>
    isText(point) ? undefined : 'it has no point; use `contribute(point, value)`',
};

function checkParts(plugin: string, value: Fields): void {
  for (const [key, faultOf] of Object.entries(PARTS)) {
    const parts = value[key] ?? [];
    if (!Array.isArray(parts)) throw unusable(plugin, `"${key}"`, 'it must be a list');
    for (const [index, part] of parts.entries()) {
      const fault = isRecord(part) ? faultOf(part) : 'it is no object';
      if (fault !== undefined) throw unusable(plugin, nameOf(key, index, part), fault);
    }
  }
  const { config } = value;
  if (config === undefined || (isRecord(config) && isText(config.name) && isSchema(config.schema))) return;
  throw unusable(plugin, '"config"', 'it needs a name and a zod schema; use `configSection(name, schema)`');
}

function operationFault(operation: Fields): string | undefined {
  const { id, summary, kind, access, input, output, positionals = [] } = operation;
  if (!isText(id) || !OPERATION_ID.test(id)) return 'its id must look like "plugin.verb"';
  if (RESERVED.includes(id.split('.')[0] ?? ''))
    return `the word "${id.split('.')[0]}" is taken by a surface`;
  if (!isText(summary)) return 'it has no summary';
  if (!KINDS.includes(String(kind))) return `its kind must be one of ${KINDS.join(', ')}`;
  if (!isSchema(input) || !hasMethod(input, 'strict')) return 'its input must be a zod object schema (zod 4)';
  if (!isSchema(output)) return 'its output must be a zod schema (zod 4)';
  const fields = isRecord(input) && isRecord(input.shape) ? Object.keys(input.shape) : [];
  const isPositional =
    Array.isArray(positionals) && positionals.every((field) => fields.includes(String(field)));
  if (!isPositional) return `its positionals must be fields of its input (${fields.join(', ')})`;
  return accessFault(access, 'data:read') ?? resourceFault(operation.resource) ?? loadFault(operation.load);
}

const accessFault = (access: unknown, example: string): string | undefined =>
  isText(access) && ACCESS.test(access) ? undefined : `it declares no access such as "${example}"`;

const resourceFault = (resource: unknown): string | undefined =>
  resource === undefined || typeof resource === 'function' ? undefined : '"resource" must be a function';

const loadFault = (load: unknown): string | undefined =>
  typeof load === 'function' ? undefined : 'it has no function "load"';

/** Whether a text is a cron line shows when the schedule is begun. */
function everyFault(every: unknown): string | undefined {
  if (typeof every === 'number') return every >= 1 ? undefined : '"every" must be at least one millisecond';
  return isText(every) ? undefined : '"every" must be a cron line or a number of milliseconds';
}

function nameOf(key: string, index: number, part: unknown): string {
  const { id, name, method, path, token } = isRecord(part) ? part : {};
  const named = id ?? name ?? (isRecord(token) ? token.name : undefined) ?? (path && `${method} ${path}`);
  return `${key.slice(0, -1)} ${isText(named) ? `"${named}"` : `number ${index + 1}`}`;
}

const unusable = (plugin: string, what: string, reason: string) =>
  pluginError('INVALID', {
    kind: 'invalid',
    message: `Plugin "${plugin}": ${what} cannot be used: ${reason}.`,
    hint: 'Correct the plugin, or remove it from the configuration.',
    details: { plugin },
  });
