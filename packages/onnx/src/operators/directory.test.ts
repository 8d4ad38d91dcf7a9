import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ELEMENT_TYPES } from '../format/element-types.ts';
import type { OnnxModel, OnnxNode } from '../format/model.ts';
import { openSession } from '../session/session.ts';
import { FAMILIES } from './directory.ts';
import { parseSignature } from './signature.ts';

/** The newest operator set of each domain. */
const NEWEST: Readonly<Record<string, number>> = { '': 28, 'ai.onnx.ml': 5 };

const modelOf = (
  domain: string,
  version: number,
  node: Partial<OnnxNode>,
  inputs: OnnxModel['graph']['inputs'] = [],
): OnnxModel => ({
  irVersion: 10,
  producer: 'test',
  opsets: [
    { domain: '', version: domain === '' ? version : 20 },
    ...(domain === '' ? [] : [{ domain, version }]),
  ],
  metadata: {},
  graph: {
    name: 'graph',
    initializers: [],
    nodes: [
      {
        name: 'the node',
        operator: '',
        domain,
        inputs: inputs.map(({ name }) => name),
        outputs: ['y'],
        attributes: {},
        ...node,
      },
    ],
    inputs,
    outputs: [],
  },
});

const definitions = await Promise.all(
  FAMILIES.map(async (family) => {
    const operators = await family.load();
    return family.names.flatMap((name) =>
      Object.entries(operators[name] ?? {}).flatMap(([version, definition]) =>
        definition ? [{ domain: family.domain, name, version: Number(version), definition }] : [],
      ),
    );
  }),
).then((lists) => lists.flat());
const rows = definitions.map(
  (one) => [`${one.domain || 'ai.onnx'} ${one.name} ${one.version}`, one] as const,
);

describe('the directory of operators', () => {
  it.each(FAMILIES.map((family) => [family.names.slice(0, 3).join(', '), family] as const))(
    'lists what the file of %s defines',
    async (_, family) => {
      expect(Object.keys(await family.load()).sort()).toEqual([...family.names].sort());
    },
  );

  it('has each operator once', () => {
    const names = FAMILIES.flatMap((family) => family.names.map((name) => `${family.domain}:${name}`));
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('an operator', () => {
  it.each(rows)('%s refuses an attribute that it does not know, by node and name', async (_, one) => {
    await fc.assert(
      fc.asyncProperty(
        fc.stringMatching(/^[a-z_]{1,12}$/).filter((name) => !Object.hasOwn(one.definition.attributes, name)),
        async (name) => {
          const node = { operator: one.name, attributes: { [name]: { kind: 'int', value: 1 } as const } };
          await expect(openSession(modelOf(one.domain, one.version, node))).rejects.toMatchObject({
            code: 'TRS_ONNX_ATTRIBUTE',
            message: expect.stringMatching(new RegExp(`"the node".*"${name}"`)),
          });
        },
      ),
      { numRuns: 3 },
    );
  });

  it.each(rows.filter(([, one]) => Object.keys(one.definition.attributes).length > 0))(
    '%s refuses an attribute of another kind',
    async (_, one) => {
      for (const [name, spec] of Object.entries(one.definition.attributes)) {
        const kind = spec.kinds.includes('type')
          ? ({ kind: 'int', value: 1 } as const)
          : ({ kind: 'type', value: 'float32' } as const);
        const node = { operator: one.name, attributes: { [name]: kind } };
        await expect(openSession(modelOf(one.domain, one.version, node))).rejects.toMatchObject({
          code: 'TRS_ONNX_ATTRIBUTE',
        });
      }
    },
  );

  const typed = rows.flatMap(([title, one]) => {
    const signature = parseSignature(one.definition.signature);
    const [first] = signature.inputs;
    const allowed = first && signature.allowed.get(first.type);
    const other = ELEMENT_TYPES.find((type) => allowed && !allowed.includes(type));
    return other ? [[title, other, one] as const] : [];
  });
  it.each(typed)('%s refuses a first input of %s', async (_, type, one) => {
    const model = modelOf(one.domain, one.version, { operator: one.name }, [{ name: 'x', type, dims: [1] }]);
    await expect(openSession(model)).rejects.toMatchObject({
      code: expect.stringMatching(/^TRS_ONNX_(NODE|ATTRIBUTE)$/),
    });
  });

  it('is refused where its operator set does not have it yet, and where it has it no more', async () => {
    await expect(openSession(modelOf('', 5, { operator: 'Sin' }))).rejects.toMatchObject({
      code: 'TRS_ONNX_OPERATOR',
    });
    await expect(openSession(modelOf('', 10, { operator: 'Upsample' }))).rejects.toMatchObject({
      code: 'TRS_ONNX_OPERATOR',
    });
    await expect(openSession(modelOf('', NEWEST[''] ?? 0, { operator: 'Nothing' }))).rejects.toMatchObject({
      code: 'TRS_ONNX_OPERATOR',
    });
  });
});
