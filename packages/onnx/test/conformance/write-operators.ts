// Writes OPERATORS.md: node packages/onnx/test/conformance/write-operators.ts
import { writeFileSync } from 'node:fs';
import type { OnnxGraph, OnnxNode } from '../../src/format/model.ts';
import { readModel } from '../../src/format/read-model.ts';
import type { Definition } from '../../src/operators/definition.ts';
import { FAMILIES } from '../../src/operators/directory.ts';
import { openSession } from '../../src/session/session.ts';
import { type Case, conformanceCases, dataSets, differenceOf, modelBytes } from './cases.ts';
import exceptions from './exceptions.json' with { type: 'json' };

const reasons: Readonly<Record<string, string>> = {
  ...exceptions.refused,
  ...exceptions.random,
  ...exceptions.faulty,
};

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

const counts = new Map<string, { cases: number; host: number; core: number; why: Set<string> }>();
let [total, passed] = [0, 0];
for (const one of conformanceCases()) {
  const [host, core] = [await isPassed(one, undefined), await isPassed(one, 0)];
  total++;
  if (host && core) passed++;
  for (const key of new Set(
    nodesOf(readModel(modelBytes(one)).graph).map((node) => `${node.domain} ${node.operator}`),
  )) {
    const own = counts.get(key) ?? { cases: 0, host: 0, core: 0, why: new Set() };
    own.cases++;
    own.host += Number(host);
    own.core += Number(core);
    if (!host || !core) own.why.add(`${one.name}: ${reasons[one.name] ?? 'not explained'}`);
    counts.set(key, own);
  }
}

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
        `| ${domain || 'ai.onnx'} | ${name} | ${versionText} | ${withCore ? 'host, core' : 'host'} | ${own ? `${Math.min(own.host, own.core)} of ${own.cases}` : 'none'} | ${own ? [...own.why].join('; ') : ''} |`,
      );
    }
  }
}
const unknown = [...counts].filter(([key]) => !listed.has(key));
for (const [key, own] of unknown) {
  const [domain, name] = key.split(' ');
  rows.push(
    `| ${domain || 'ai.onnx'} | ${name} | not supported | | ${own.host} of ${own.cases} | ${[...own.why].join('; ')} |`,
  );
}

writeFileSync(
  new URL('../../OPERATORS.md', import.meta.url),
  `# Operators

Made by \`node packages/onnx/test/conformance/write-operators.ts\`. A version is the one of the operator set from which on a definition holds.
Where an operator runs: always on the host, exact in its type; on the core (WebAssembly or WebGPU) where it is float32 and its work is large.
Cases are those of ONNX 1.12 (Debian's \`libonnx-testdata\`) that have the operator somewhere in their graph, run both ways: ${passed} of ${total} pass.

| set | operator | versions | runs on | cases passed | why not |
| --- | --- | --- | --- | --- | --- |
${rows.sort().join('\n')}
`,
);
