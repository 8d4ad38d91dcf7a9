import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ELEMENT_TYPES, type ElementType, isElementType } from '../format/element-types.ts';
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

  /** Inputs of types that a signature takes, but for one. */
  const typed = rows.flatMap(([title, one]) => {
    const signature = parseSignature(one.definition.signature);
    const allowed = (name: string): readonly ElementType[] | undefined =>
      isElementType(name) ? [name] : signature.allowed.get(name);
    return signature.inputs.flatMap((slot, at) => {
      const own = allowed(slot.type);
      const other = ELEMENT_TYPES.find((type) => own && !own.includes(type));
      if (!other) return [];
      const inputs = signature.inputs.slice(0, at + 1).map((before, i) => ({
        name: `x${i}`,
        type:
          i === at
            ? other
            : before.type.includes('<')
              ? ('sequence<float32>' as const)
              : (allowed(before.type)?.[0] ?? 'float32'),
        dims: [1],
      }));
      return [[title, at, other, one, inputs] as const];
    });
  });
  it.each(typed)('%s refuses an input %i of %s', async (_, at, type, one, inputs) => {
    const model = modelOf(one.domain, one.version, { operator: one.name }, inputs);
    const thrown = await openSession(model).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: expect.stringMatching(/^TRS_ONNX_(NODE|ATTRIBUTE)$/) });
    // Attributes that must be there are missed before inputs are looked at.
    if ((thrown as { code: string }).code === 'TRS_ONNX_NODE')
      expect(thrown).toMatchObject({
        message: expect.stringMatching(new RegExp(`input (${at} is ${type}|\\d+ is missing)`)),
      });
  });

  const bounded = rows.filter(
    ([, one]) => !parseSignature(one.definition.signature).inputs.some((slot) => slot.isRepeated),
  );
  it.each(bounded)('%s refuses one input more than it knows', async (_, one) => {
    const known = parseSignature(one.definition.signature).inputs.length;
    const inputs = Array.from({ length: known + 1 }, (_one, at) => ({
      ...{ name: `x${at}`, type: 'float32' as const, dims: [1] },
    }));
    const model = modelOf(one.domain, one.version, { operator: one.name }, inputs);
    await expect(openSession(model)).rejects.toMatchObject({
      code: expect.stringMatching(/^TRS_ONNX_(NODE|ATTRIBUTE)$/),
    });
  });

  const int = (value: number) => ({ kind: 'int', value }) as const;
  const text = (value: string) => ({ kind: 'string', value }) as const;
  /** What no signature says: inputs, outputs and types that go together, or not. */
  const combinations: readonly (readonly [
    reason: string,
    operator: string,
    inputs: readonly (ElementType | '')[],
    more: { domain?: string; version?: number; outputs?: string[]; attributes?: OnnxNode['attributes'] },
  ])[] = [
    ['fmod', 'Mod', ['float32', 'float32'], {}],
    [
      'texts have no add',
      'ScatterND',
      ['string', 'int64', 'string'],
      { attributes: { reduction: text('add') } },
    ],
    [
      'texts have no max',
      'ScatterElements',
      ['string', 'int64', 'string'],
      { attributes: { reduction: text('max') } },
    ],
    ['number of bits', 'BitCast', ['float32'], { attributes: { to: int(7) } }],
    [
      'int64 is not interpolated',
      'Resize',
      ['int64', '', 'float32'],
      { attributes: { mode: text('linear') } },
    ],
    ['neither scales nor sizes', 'Resize', ['float32'], {}],
    ['its num_outputs is 3', 'Split', ['float32'], { attributes: { num_outputs: int(3) } }],
    [
      'running statistics',
      'BatchNormalization',
      ['float32', 'float32', 'float32', 'float32', 'float32'],
      { outputs: ['y', 'mean'] },
    ],
    ['a past of keys or of values alone', 'Attention', ['float32', 'float32', 'float32', '', 'float32'], {}],
    [
      'needs its decay or beta',
      'LinearAttention',
      ['float32', 'float32', 'float32', '', 'float32'],
      { attributes: { q_num_heads: int(1), kv_num_heads: int(1) } },
    ],
    [
      'its keys are int64',
      'LabelEncoder',
      ['string'],
      {
        domain: 'ai.onnx.ml',
        attributes: {
          keys_int64s: { kind: 'ints', value: [1] },
          values_int64s: { kind: 'ints', value: [2] },
        },
      },
    ],
    [
      'its categories are texts',
      'OneHotEncoder',
      ['int64'],
      { domain: 'ai.onnx.ml', attributes: { cats_strings: { kind: 'strings', value: ['a'] } } },
    ],
    [
      'past_sequence_length',
      'Attention',
      ['float32', 'float32', '', '', '', '', 'int32'],
      { domain: 'com.microsoft', version: 1, attributes: { num_heads: int(1) } },
    ],
    [
      'past_sequence_length',
      'MultiHeadAttention',
      ['float32', 'float32', 'float32', '', '', '', '', '', 'int32'],
      { domain: 'com.microsoft', version: 1, attributes: { num_heads: int(1) } },
    ],
    [
      'cache_indirection',
      'MultiHeadAttention',
      ['float32', 'float32', 'float32', '', '', '', '', '', '', 'int32'],
      { domain: 'com.microsoft', version: 1, attributes: { num_heads: int(1) } },
    ],
    [
      'cos_cache',
      'GroupQueryAttention',
      ['float32', 'float32', 'float32', '', '', 'int32', 'int32'],
      {
        ...{ domain: 'com.microsoft', version: 1 },
        attributes: { num_heads: int(1), kv_num_heads: int(1), do_rotary: int(1) },
      },
    ],
    [
      'segments',
      'EmbedLayerNormalization',
      ['int32', 'int32', 'float32', 'float32', '', 'float32', 'float32'],
      { domain: 'com.microsoft', version: 1, outputs: ['y', 'counts'] },
    ],
  ];
  it.each(combinations)('says "%s" of %s when it is opened', async (reason, operator, types, more) => {
    const { domain = '', version = NEWEST[domain] ?? 1, ...rest } = more;
    const given = types.flatMap((type, at) => (type === '' ? [] : [{ name: `x${at}`, type, dims: [1] }]));
    const node = { operator, inputs: types.map((type, at) => (type === '' ? '' : `x${at}`)), ...rest };
    await expect(openSession(modelOf(domain, version, node, given))).rejects.toMatchObject({
      code: 'TRS_ONNX_NODE',
      message: expect.stringContaining(reason),
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
