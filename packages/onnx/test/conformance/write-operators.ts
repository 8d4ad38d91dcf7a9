// Writes OPERATORS.md: TRESTLE_ONNX_CASES=FOLDER TRESTLE_ONNX_VERSION='ONNX 1.23' node packages/onnx/test/conformance/write-operators.ts
// and then npx biome check --write packages/onnx/OPERATORS.md, which lines its table up.
import { writeFileSync } from 'node:fs';
import type { OnnxGraph, OnnxNode } from '../../src/format/model.ts';
import { readModel } from '../../src/format/read-model.ts';
import type { Definition } from '../../src/operators/definition.ts';
import { FAMILIES } from '../../src/operators/directory.ts';
import { openSession } from '../../src/session/session.ts';
import { type Case, conformanceCases, dataSets, modelBytes, NEWER_FOLDER } from './cases.ts';
import exceptions from './exceptions.json' with { type: 'json' };
import { differenceOf } from './judge.ts';

/** Sets of cases: what they are called, where they are, and what is known of those that do not pass. */
const SETS: readonly { name: string; cases: readonly Case[]; reasons: Readonly<Record<string, string>> }[] = [
  {
    name: 'ONNX 1.12',
    cases: conformanceCases(),
    reasons: { ...exceptions.refused, ...exceptions.random, ...exceptions.faulty },
  },
  {
    name: process.env.TRESTLE_ONNX_VERSION ?? 'newer',
    cases: NEWER_FOLDER === undefined ? [] : conformanceCases(NEWER_FOLDER),
    reasons: { ...exceptions.newer.refused, ...exceptions.random, ...exceptions.newer.faulty },
  },
];
if (NEWER_FOLDER === undefined)
  throw new Error(
    'Say where newer cases are (TRESTLE_ONNX_CASES) and of which version (TRESTLE_ONNX_VERSION).',
  );

function nodesOf(graph: OnnxGraph): OnnxNode[] {
  return graph.nodes.flatMap((node) => [
    node,
    ...Object.values(node.attributes).flatMap((one) => (one.kind === 'graph' ? nodesOf(one.value) : [])),
  ]);
}

async function isPassed(one: Case, coreWork: number | undefined): Promise<boolean> {
  try {
    const session = await openSession(readModel(modelBytes(one)), coreWork === undefined ? {} : { coreWork });
    for (const { inputs, outputs } of dataSets(one, session.inputs, session.outputs)) {
      const found = await session.run(inputs);
      for (const [name, wanted] of Object.entries(outputs))
        if (differenceOf(found[name], wanted, name)) return false;
    }
    return true;
  } catch {
    return false;
  }
}

interface Count {
  readonly cases: number[];
  readonly passed: number[];
}
const counts = new Map<string, Count>();
const failing: string[] = [];
const totals = SETS.map(() => ({ cases: 0, passed: 0 }));
for (const [at, { cases, reasons }] of SETS.entries()) {
  for (const one of cases) {
    const isRight = (await isPassed(one, undefined)) && (await isPassed(one, 0));
    const total = totals[at];
    if (total) total.cases++;
    if (total && isRight) total.passed++;
    if (!isRight)
      failing.push(`| ${SETS[at]?.name} | \`${one.name}\` | ${reasons[one.name] ?? 'not explained'} |`);
    const nodes = nodesOf(readModel(modelBytes(one)).graph);
    for (const key of new Set(nodes.map((node) => `${node.domain} ${node.operator}`))) {
      const own = counts.get(key) ?? { cases: SETS.map(() => 0), passed: SETS.map(() => 0) };
      own.cases[at] = (own.cases[at] ?? 0) + 1;
      if (isRight) own.passed[at] = (own.passed[at] ?? 0) + 1;
      counts.set(key, own);
    }
  }
}
const passedOf = (own: Count | undefined): string =>
  SETS.map((_, at) => (own?.cases[at] ? `${own.passed[at]} of ${own.cases[at]}` : 'none')).join(' | ');

const rows: string[] = [];
const listed = new Set<string>();
for (const domain of [...new Set(FAMILIES.map((family) => family.domain))]) {
  for (const family of FAMILIES.filter((one) => one.domain === domain)) {
    const operators = await family.load();
    for (const name of family.names) {
      const versions = Object.entries(operators[name] ?? {});
      const withCore = versions.some(([, one]: [string, Definition | undefined]) => one?.core !== undefined);
      const own = counts.get(`${domain} ${name}`);
      listed.add(`${domain} ${name}`);
      const versionText = versions.map(([version, one]) => (one ? version : `${version} (gone)`)).join(', ');
      rows.push(
        `| ${domain || 'ai.onnx'} | ${name} | ${versionText} | ${withCore ? 'host, core' : 'host'} | ${passedOf(own)} |`,
      );
    }
  }
}
const unknown = [...counts].filter(([key]) => !listed.has(key));
for (const [key, own] of unknown) {
  const [domain, name] = key.split(' ');
  rows.push(`| ${domain || 'ai.onnx'} | ${name} | not supported | | ${passedOf(own)} |`);
}

writeFileSync(
  new URL('../../OPERATORS.md', import.meta.url),
  `# Operators

Made by \`node packages/onnx/test/conformance/write-operators.ts\`. A version is the one of the operator set from which on a definition holds.
Where an operator runs: always on the host, exact in its type; on the core (WebAssembly or WebGPU) where it is float32 and its work is large.
Cases are those that have the operator somewhere in their graph, and pass where they do both ways: those of ONNX 1.12 (Debian's
\`libonnx-testdata\`, ${totals[0]?.passed} of ${totals[0]?.cases} pass; in every run of CI), and those of ${SETS[1]?.name} (${totals[1]?.passed} of ${totals[1]?.cases} pass), which its own
\`python -m onnx.backend.test.cmd_tools generate-data -o FOLDER\` writes and \`TRESTLE_ONNX_CASES=FOLDER\` names.

| set | operator | versions | runs on | ${SETS.map(({ name }) => name).join(' | ')} |
| --- | --- | --- | --- | --- | --- |
${rows.sort().join('\n')}

## Cases that do not pass

| cases | name | why |
| --- | --- | --- |
${failing.join('\n')}
`,
);
