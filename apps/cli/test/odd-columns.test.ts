import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { makeProject, type Project } from './trestle.test.setup.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

let project: Project;
beforeAll(async () => {
  project = await makeProject();
});
afterAll(() => project.remove());

const csv = (names: readonly string[], rows: number, value: (row: number, column: number) => unknown) => {
  const header = names.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
  const lines = Array.from({ length: rows }, (_, row) =>
    names.map((_name, column) => value(row, column)).join(','),
  );
  return `${header}\n${lines.join('\n')}\n`;
};

describe('columns with quotes, dots, emoji and SQL in their names', () => {
  const NAMES = [
    'a"b',
    'a.b',
    '💶',
    "'; DROP TABLE odd; --",
    'select',
    'it\'s "that"',
    '{x}',
    '$1',
    'la bel',
  ];
  const LABEL = 'la bel';

  it('are profiled, expected, validated, compared, split, trained on and predicted from', async () => {
    const noisy = (row: number, column: number): unknown =>
      column === NAMES.length - 1
        ? row % 2 === 0
          ? 'hit'
          : 'miss'
        : column === 1
          ? ['red', 'green'][row % 2]
          : ((row * 37 + column * 11) % 50) + (row % 2) * 30;
    await project.write('odd.csv', csv(NAMES, 200, noisy));
    await project.write('more.csv', csv(NAMES, 20, noisy));
    const { columns } = await project.json('data', 'add', 'odd.csv', '--name', 'odd');
    expect(columns.map((one: { name: string }) => one.name)).toEqual(NAMES);
    await project.json('data', 'add', 'more.csv', '--name', 'odd', '--append');
    const profile = await project.json('data', 'profile', 'odd', '--target', LABEL);
    expect(profile.columns.map((one: { name: string }) => one.name)).toEqual(NAMES);
    await project.json('data', 'expect', 'odd', '--out', 'odd.json');
    expect(await project.json('data', 'validate', 'odd', '--suite', 'odd.json')).toMatchObject({
      passed: true,
    });
    const diff = await project.json('data', 'diff', 'odd@1', 'odd@2');
    expect(diff.columns.map((one: { name: string }) => one.name)).toEqual(NAMES);
    expect(await project.json('data', 'split', 'odd', '--kind', 'stratified', '--by', LABEL)).toMatchObject({
      rows: 220,
    });
    const trained = await project.json('train', '--data', 'odd', '--target', LABEL, '--register', 'odd');
    expect(trained.metrics.test.accuracy).toBeGreaterThan(0.9);
    const row = Object.fromEntries(NAMES.slice(0, -1).map((name, column) => [name, noisy(7, column)]));
    await project.write('rows.jsonl', `${JSON.stringify(row)}\n`);
    const { predictions } = await project.json('predict', 'odd', '--input', 'rows.jsonl');
    expect(predictions).toMatchObject([{ label: 'miss' }]);
    const erased = await project.json('data', 'erase', 'odd', '--column', 'a"b', '--values', '0');
    expect(erased.rows).toBeGreaterThan(0);
  });
});

describe('more columns than a function of WebAssembly may have parameters', () => {
  it('are profiled, compared, trained on and predicted from', async () => {
    const names = Array.from({ length: 1_100 }, (_, column) => `c${column}`);
    const value = (row: number, column: number): number =>
      column === 0 ? row % 2 : ((row * 31 + column * 7) % 97) + (column === 1 ? (row % 2) * 100 : 0);
    await project.write('wide.csv', csv(names, 80, value));
    await project.json('data', 'add', 'wide.csv', '--name', 'wide');
    expect((await project.json('data', 'profile', 'wide')).columns).toHaveLength(1_100);
    await project.json('data', 'add', 'wide.csv', '--name', 'wide', '--append');
    expect((await project.json('data', 'diff', 'wide@1', 'wide@2')).columns).toHaveLength(1_100);
    const train = ['train', '--data', 'wide', '--target', 'c0', '--estimator', 'linear'];
    expect((await project.json(...train, '--register', 'wide')).metrics.test.accuracy).toBeGreaterThan(0.8);
    const { predictions } = await project.json('predict', 'wide', '--input', 'wide.csv');
    expect(predictions).toHaveLength(80);
  });
});
