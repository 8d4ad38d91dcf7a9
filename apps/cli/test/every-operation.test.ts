import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AnyOperation, type InputField, inputFields } from '@trestle/kernel';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { flagName } from '../src/command/parameters.ts';
import { openProject } from '../src/open-project.ts';
import { type Document, type Ended, labelled, runAll } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

/** What says nothing to whoever typed the command: words of engines, of libraries and of the language. */
const INTERNAL =
  /\[object |undefined|\bNaN\b|\bzod|Zod|oclif|SQLITE|Binder Error|Parser Error|Catalog Error|Conversion Error|TypeError|RangeError|SyntaxError|Unexpected token|ENOENT|EISDIR|EEXIST|node:|\.(js|ts):\d|\n\s+at |\(\/\^/;
/** A fault of ours or of a plugin; nobody's input. */
const DEFECTS = /^TRS_(INTERNAL|KERNEL_OUTPUT_INVALID|PLUGIN_BROKEN)$/;

/** Operations that need no name that is there: with new names they make something, or files. */
const MAKE_NEW: readonly string[] = [
  'audit.export',
  'backup',
  'run.start',
  'init',
  'token.create',
  'plugin.new',
];
/** Nothing that is required of it is a name of something that is there. */
const NAMES_NOTHING: readonly string[] = ['model.register', 'registry.at'];

/** Options whose value may be anything: a name for something new, a text to keep, a filter that may find nothing. */
const FREE: readonly string[] = [
  'data.add name',
  // A word or sign that no value has changes none.
  'data.add currency',
  'data.add nulls',
  'data.profile html',
  'data.validate quarantine',
  'data.export description',
  'data.export license',
  'data.export creator',
  'data.expect out',
  'data.split as',
  'data.tag tag',
  'token.create name',
  'data.erase values',
  'data.transform name',
  'run.start experiment',
  'run.finish error',
  'train register',
  'model.register name',
  'model.export out',
  'model.promote alias',
  'deploy name',
  'predict out',
];

let dir: string;
let operations: readonly AnyOperation[];
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'trestle-every-'));
  const host = await openProject(dir);
  operations = [...host.operations.values()];
  await host.close();
});
afterAll(() => rm(dir, { recursive: true, force: true }));

async function newProject(name: string): Promise<string> {
  const cwd = join(dir, name);
  await mkdir(cwd);
  await writeFile(join(cwd, 'trestle.config.json'), '{}');
  return cwd;
}

/** A value that its schema takes and nothing is called. */
const nobody = (operation: AnyOperation, { name, type, choices }: InputField): string => {
  if (choices) return choices[0] ?? '';
  if (type === 'number' || type === 'integer') return '1';
  if (name === 'sql') return 'SELECT * FROM nobody';
  // These have a form of their own.
  const formed: Readonly<Record<string, string>> = { 'run.tag tag': 'a=b', 'token.create scopes': 'a:b' };
  return formed[`${operation.id} ${name}`] ?? 'nobody';
};

/** The command line of an operation with its arguments and flags, by field. */
function lineOf({ id, positionals = [] }: AnyOperation, values: Readonly<Record<string, string>>): string[] {
  const flags = Object.entries(values).filter(([name]) => !positionals.includes(name));
  return [
    ...id.split('.'),
    ...positionals.flatMap((name) => values[name] ?? []),
    ...flags.map(([name, value]) => `--${flagName(name)}=${value}`),
  ];
}

const required = (operation: AnyOperation): readonly InputField[] =>
  inputFields(operation).filter(({ isRequired }) => isRequired);

const namesOfNobody = (operation: AnyOperation): Readonly<Record<string, string>> =>
  Object.fromEntries(required(operation).map((field) => [field.name, nobody(operation, field)]));

/** What is wrong with an ending with `--json`, which must be a refusal: one document, a code, words for people. */
function faultsOf({ code, stdout, stderr }: Ended): readonly string[] {
  const { error = {}, ...rest } = JSON.parse(stdout);
  const words = `${error.message} ${error.hint}`;
  return [
    ...(code === 2 ? [] : [`exit code ${code}`]),
    ...(stderr === '' ? [] : [`on standard error: ${stderr}`]),
    ...(Object.keys(rest).length === 0 ? [] : ['more than an error']),
    ...(/^TRS_[A-Z0-9_]+$/.test(error.code) && !DEFECTS.test(error.code) ? [] : [`the code ${error.code}`]),
    ...(error.message && error.hint ? [] : ['no message or no hint']),
    ...(INTERNAL.test(words) ? [`words of ours: ${words}`] : []),
  ];
}

/** Runs lines with `--json` in a project, holds each to a refusal, and gives the errors. */
async function expectRefusals(
  lines: readonly (readonly string[])[],
  cwd: string,
): Promise<readonly Document[]> {
  const ends = await runAll(lines.map((args) => ({ args: [...args, '--json'], cwd })));
  const faults = ends.flatMap((end, index) =>
    faultsOf(end).map((fault) => `trestle ${lines[index]?.join(' ')}: ${fault}`),
  );
  expect(faults).toEqual([]);
  return ends.map(({ stdout }) => JSON.parse(stdout).error);
}

describe('every operation, with what it does not take', () => {
  it('is shown in words, tables or pictures: a document only where --json asks for one', () => {
    expect(operations.filter(({ present }) => present === undefined).map(({ id }) => id)).toEqual([]);
  });

  it('refuses an option that there is not, and an argument too many', async () => {
    const cwd = await newProject('odd');
    const lines = operations.flatMap((operation) => {
      const line = lineOf(operation, namesOfNobody(operation));
      const more = (operation.positionals ?? []).filter((name) => !(name in namesOfNobody(operation)));
      return [
        [...line, '--no-such-option'],
        // Behind a topic, a word that is no verb is no command.
        ...(operation.positionals ? [[...line, ...more.map(() => 'nobody'), 'too-many']] : []),
      ];
    });
    for (const { code } of await expectRefusals(lines, cwd)) expect(code).toBe('TRS_CLI_USAGE');
  });

  it('refuses to do without what must be given, and names it', async () => {
    const cwd = await newProject('missing');
    const missing = operations.flatMap((operation) =>
      required(operation).map(({ name }) => {
        const { [name]: _, ...rest } = namesOfNobody(operation);
        return { name, isFlag: !operation.positionals?.includes(name), line: lineOf(operation, rest) };
      }),
    );
    const errors = await expectRefusals(
      missing.map(({ line }) => line),
      cwd,
    );
    for (const [index, { name, isFlag }] of missing.entries()) {
      const { code, message } = errors[index] ?? {};
      expect(code).toBe('TRS_CLI_USAGE');
      // An argument that is left out moves up those behind it: the last one is missing then.
      if (isFlag) expect(message).toContain(`--${flagName(name)}`);
    }
  });

  it('refuses numbers, choices and objects that are none, and empty texts, and names the option', async () => {
    const cwd = await newProject('values');
    const given = operations.flatMap((operation) =>
      inputFields(operation).flatMap((field) => {
        const { name, type, choices } = field;
        const odd = choices
          ? ['no-such-choice']
          : type === 'number' || type === 'integer'
            ? ['ten', '1e999', '']
            : type === 'object'
              ? ['{', '[]', '']
              : [];
        return odd.map((value) => ({
          name,
          line: lineOf(operation, { ...namesOfNobody(operation), [name]: value }),
        }));
      }),
    );
    const errors = await expectRefusals(
      given.map(({ line }) => line),
      cwd,
    );
    for (const [index, { name }] of given.entries()) {
      expect(errors[index]?.message, given[index]?.line.join(' ')).toMatch(
        new RegExp(`${name}|--${flagName(name)}`),
      );
    }
  });

  it('says of a name that there is not that there is none, to a person too', async () => {
    const cwd = await newProject('unknown');
    const named = operations.filter(
      (operation) =>
        required(operation).length > 0 && ![...MAKE_NEW, ...NAMES_NOTHING].includes(operation.id),
    );
    const lines = named.map((operation) => lineOf(operation, namesOfNobody(operation)));
    const errors = await expectRefusals(lines, cwd);
    const people = await runAll(lines.map((args) => ({ args, cwd })));
    for (const [index, { code, message, hint }] of errors.entries()) {
      const said = `trestle ${lines[index]?.join(' ')}: ${code}: ${message}`;
      expect(message, said).toContain('nobody');
      expect(people[index], said).toEqual({
        code: 2,
        stdout: '',
        stderr: `✗ ${message}\n  ${hint}\n  ${code}\n`,
      });
    }
  });
});

describe('every option of an operation on things that are there', () => {
  let cwd: string;
  let given: Readonly<Record<string, Readonly<Record<string, string>>>>;
  beforeAll(async () => {
    cwd = await newProject('whole');
    await writeFile(join(cwd, 'rows.csv'), labelled(300));
    await writeFile(join(cwd, 'copy.sql'), 'SELECT * FROM rows');
    await writeFile(join(cwd, 'suite.json'), '{"expectations": [{"type": "column.notNull", "column": "x"}]}');
    const setUp = [
      'data add rows.csv --name rows',
      'data split rows --kind random',
      'train --data rows --target label --estimator linear --exclude day --register m',
      'model promote m 1 --alias champion',
      'deploy m@champion --name d',
      'run start --experiment e',
    ];
    const ends = await runAll(setUp.map((line) => ({ args: [...line.split(' '), '--json'], cwd })));
    const [, , trained, , , own] = ends.map(({ code, stdout }, index) => {
      expect([setUp[index], code, stdout]).toEqual([setUp[index], 0, stdout]);
      return JSON.parse(stdout);
    });
    given = {
      'data.add': { path: 'rows.csv', name: 'other' },
      'data.profile': { name: 'rows' },
      'data.validate': { name: 'rows', suite: 'suite.json' },
      'data.export': { name: 'rows', path: 'out.csv' },
      'data.query': { sql: 'SELECT 1 AS one' },
      'data.diff': { from: 'rows', to: 'rows' },
      'data.expect': { name: 'rows' },
      'data.tag': { name: 'rows', tag: 'kept' },
      'data.split': { name: 'rows' },
      'data.transform': { file: 'copy.sql', name: 'copied' },
      'data.gc': {},
      'data.erase': { name: 'rows', column: 'group', values: 'zzz' },
      'run.list': {},
      'run.show': { run: own.run },
      'run.compare': { first: own.run, second: trained.run },
      'run.start': { experiment: 'e' },
      'run.log': { run: own.run, metric: 'a=1' },
      'run.finish': { run: own.run },
      train: { data: 'rows', target: 'label', estimator: 'linear', exclude: 'day' },
      'model.register': { run: trained.run, name: 'm' },
      'model.promote': { name: 'm', version: '1', alias: 'champion' },
      'model.rollback': { name: 'm', alias: 'champion' },
      'model.export': { model: 'm', out: 'exported' },
      deploy: { model: 'm@champion' },
      'deployment.top': {},
      predict: { model: 'm', data: 'rows' },
      'monitor.status': {},
      'monitor.drift': { deployment: 'd' },
      'monitor.alerts': {},
      'monitor.feedback': { deployment: 'd', input: 'rows.csv' },
      trace: { ref: 'rows' },
      'audit.log': {},
      'audit.verify': {},
      'job.list': {},
      'token.create': { name: 't', scopes: 'a:b' },
    };
  });

  it('refuses names of nothing, and empty texts: none is passed over', async () => {
    const lines = operations.flatMap((operation) => {
      const values = given[operation.id];
      if (!values) return [];
      return inputFields(operation).flatMap((field) => {
        const isText = !field.choices && (field.type === 'string' || field.type === 'array');
        if (!isText || FREE.includes(`${operation.id} ${field.name}`)) return [];
        const value = field.name === 'sql' ? 'SELECT * FROM nobody' : 'nobody';
        return [lineOf(operation, { ...values, [field.name]: value })];
      });
    });
    await expectRefusals(lines, cwd);
  });

  it('ends as it should, whatever a text is', async () => {
    const odd = [
      '',
      ' ',
      '..',
      '../../etc/passwd',
      '__proto__',
      'constructor',
      "'; DROP TABLE x; --",
      'é\n\u0007',
      'a@b@c',
      'm@0',
    ];
    const lines = operations.flatMap((operation) => {
      const values = given[operation.id] ?? namesOfNobody(operation);
      if (['init', 'plugin.new'].includes(operation.id)) return [];
      return inputFields(operation)
        .filter(({ type, choices }) => !choices && (type === 'string' || type === 'array'))
        .flatMap(({ name }, field) =>
          // Each field gets two of them: all of them, over all fields.
          [0, 1].map((turn) =>
            lineOf(operation, { ...values, [name]: odd[(2 * field + turn) % odd.length] ?? '' }),
          ),
        );
    });
    const ends = await runAll(lines.map((args) => ({ args: [...args, '--json'], cwd })));
    const faults = ends.flatMap((end, index) => {
      const isRefused = JSON.parse(end.stdout).error !== undefined;
      const found = isRefused
        ? faultsOf(end)
        : end.code === 0 || end.code === 3
          ? []
          : [`exit code ${end.code}`];
      // What is taken already is a conflict.
      return found
        .filter((fault) => fault !== 'exit code 1')
        .map((fault) => `trestle ${lines[index]?.join(' ')}: ${fault}`);
    });
    expect(faults).toEqual([]);
  });
});
