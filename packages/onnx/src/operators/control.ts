import type { ValueType } from '../format/model.ts';
import { isTensorType } from '../format/model.ts';
import type { OnnxError } from '../onnx-error.ts';
import { axisOf, concatenated, stridesOf, transposed, view } from '../tensor/places.ts';
import { make, newData, type Sequence, type Tensor, type Value, withDims } from '../tensor/tensor.ts';
import { graph, int, ints, required } from './attributes.ts';
import { type Body, type Call, type Definition, op, type Versions } from './definition.ts';

const tensorOf = (value: Value | undefined, fail: (reason: string) => OnnxError): Tensor => {
  if (value?.kind === 'tensor') return value;
  throw fail('a value that must be a tensor is none');
};

/** Runs one of two graphs, which see the values around them. */
export const If: Versions = {
  1: op(
    'bool -> V*',
    { then_branch: graph(), else_branch: graph() },
    async ([condition], _, call) => {
      if (condition.data.length !== 1) throw call.fail('its condition is not one value');
      return await call.body(condition.data[0] ? 'then_branch' : 'else_branch').run([]);
    },
    {
      bodies: () => ({ then_branch: [], else_branch: [] }),
      bodyOutputs: ({ then_branch: yes = [], else_branch: no = [] }) => {
        if (yes.length !== no.length) return 'its two graphs differ in their number of outputs';
        const differing = yes.findIndex(
          (type, at) => type !== undefined && no[at] !== undefined && type !== no[at],
        );
        if (differing >= 0)
          return `the output ${differing} of its two graphs is ${yes[differing]} and ${no[differing]}`;
        return yes.map((type, at) => type ?? no[at]);
      },
    },
  ),
};

/** Tensors of a list as slices of a new first axis; an empty list has no slices. */
function stacked(
  parts: readonly Tensor[],
  type: ValueType | undefined,
  fail: (reason: string) => OnnxError,
): Tensor {
  const [first] = parts;
  if (!first) {
    if (type === undefined || !isTensorType(type))
      throw fail('it has made no turn, and its outputs have no type');
    return make(type, [0], newData(type, 0));
  }
  if (parts.some((part) => part.dims.join() !== first.dims.join()))
    throw fail('what its turns make differs in shape');
  return concatenated(
    parts.map((part) => withDims(part, [1, ...part.dims])),
    0,
  );
}
function keep(scans: Tensor[][], index: number, value: Tensor): void {
  const own = scans[index];
  if (own) own.push(value);
  else scans[index] = [value];
}

/** Repeats a graph: at most so many times, and as long as its condition says. */
export const Loop: Versions = {
  1: op(
    'int64? bool? V0* -> V*',
    { body: graph() },
    async ([most, condition, ...initial], _, call) => {
      const body = call.body('body');
      const trips = most ? (most.data[0] as bigint) : undefined;
      let goesOn = condition ? condition.data[0] !== 0 : true;
      let carried: readonly Value[] = initial;
      const scans: Tensor[][] = [];
      for (let turn = 0n; goesOn && (trips === undefined || turn < trips); turn++) {
        call.turn();
        const results = await body.run([
          make('int64', [], BigInt64Array.of(turn)),
          flagOf(goesOn),
          ...carried,
        ]);
        // Without a condition at first the graph's is none either, as the specification's table says.
        if (condition) goesOn = tensorOf(results[0], call.fail).data[0] !== 0;
        carried = results.slice(1, 1 + initial.length);
        for (const [index, value] of results.slice(1 + initial.length).entries())
          keep(scans, index, tensorOf(value, call.fail));
      }
      const types = body.outputTypes.slice(1 + initial.length);
      return [...carried, ...types.map((type, index) => stacked(scans[index] ?? [], type, call.fail))];
    },
    {
      bodies: ([, , ...initial]) => ({ body: ['int64', 'bool', ...initial] }),
      bodyOutputs: ({ body = [] }, [, , ...initial]) =>
        body.slice(1).map((type, at) => (at < initial.length ? (type ?? initial[at]) : type)),
    },
  ),
};
const flagOf = (value: boolean): Tensor => make('bool', [], Uint8Array.of(Number(value)));

/** One slice of an axis, without the axis. */
function sliceAt(x: Tensor, axis: number, at: number): Tensor {
  const strides = stridesOf(x.dims);
  const rest = x.dims.map((_, i) => i).filter((i) => i !== axis);
  return view(
    x,
    rest.map((i) => x.dims[i] ?? 1),
    rest.map((i) => strides[i] ?? 1),
    at * (strides[axis] ?? 1),
  );
}

interface ScanOptions {
  readonly num_scan_inputs: number;
  readonly scan_input_axes?: readonly number[] | undefined;
  readonly scan_input_directions?: readonly number[] | undefined;
  readonly scan_output_axes?: readonly number[] | undefined;
  readonly scan_output_directions?: readonly number[] | undefined;
}

async function scan(
  states: readonly Value[],
  sequences: readonly Tensor[],
  body: Body,
  options: ScanOptions,
  call: Call,
): Promise<Value[]> {
  const axes = sequences.map((x, at) => axisOf(options.scan_input_axes?.[at] ?? 0, x.dims.length, call.fail));
  const lengths = sequences.map((x, at) => x.dims[axes[at] ?? 0] ?? 0);
  const [length = 0] = lengths;
  if (lengths.some((one) => one !== length))
    throw call.fail(`its sequences have ${lengths.join(', ')} steps`);
  let carried: readonly Value[] = states;
  const scans: Tensor[][] = [];
  for (let step = 0; step < length; step++) {
    call.turn();
    const slices = sequences.map((x, at) =>
      sliceAt(x, axes[at] ?? 0, options.scan_input_directions?.[at] === 1 ? length - 1 - step : step),
    );
    const results = await body.run([...carried, ...slices]);
    carried = results.slice(0, states.length);
    for (const [index, value] of results.slice(states.length).entries())
      keep(scans, index, tensorOf(value, call.fail));
  }
  const types = body.outputTypes.slice(states.length);
  return [
    ...carried,
    ...types.map((type, index) => {
      const steps = scans[index] ?? [];
      const made = stacked(
        options.scan_output_directions?.[index] === 1 ? steps.toReversed() : steps,
        type,
        call.fail,
      );
      const axis = axisOf(options.scan_output_axes?.[index] ?? 0, made.dims.length, call.fail);
      const rest = made.dims.map((_, i) => i).slice(1);
      return transposed(made, [...rest.slice(0, axis), 0, ...rest.slice(axis)]);
    }),
  ];
}
const directions = ints();
const countOf = { body: graph(), num_scan_inputs: required(int()) };
const split = (inputs: readonly Value[], count: number, fail: Call['fail']): [readonly Value[], Tensor[]] => [
  inputs.slice(0, inputs.length - count),
  inputs.slice(inputs.length - count).map((value) => tensorOf(value, fail)),
];
const scanOf = (since: 8 | 9): Definition =>
  since === 9
    ? op(
        'V0* -> V*',
        {
          ...countOf,
          scan_input_axes: ints(),
          scan_input_directions: directions,
          scan_output_axes: ints(),
          scan_output_directions: directions,
        },
        async (inputs, options, call) => {
          const [states, sequences] = split(inputs, options.num_scan_inputs, call.fail);
          return await scan(states, sequences, call.body('body'), options, call);
        },
        {
          refuse: ({ num_scan_inputs: scanned }, count) =>
            scanned < 1 || scanned > count ? `it scans ${scanned} of ${count} inputs` : undefined,
          bodies: (inputs) => ({ body: inputs }),
          bodyOutputs: ({ body = [] }) => body,
        },
      )
    : op(
        // The first input, the lengths of the sequences, may be left out.
        'int64? V0* -> V*',
        { ...countOf, directions },
        async ([, ...inputs], options, call) => {
          const [states, sequences] = split(inputs, options.num_scan_inputs, call.fail);
          const batch = sequences[0]?.dims[0] ?? 0;
          const rows: Value[][] = [];
          for (let row = 0; row < batch; row++) {
            const own = states.map((state) => sliceAt(tensorOf(state, call.fail), 0, row));
            const parts = sequences.map((x) => sliceAt(x, 0, row));
            rows.push(
              await scan(
                own,
                parts,
                call.body('body'),
                { ...options, scan_input_directions: options.directions },
                call,
              ),
            );
          }
          return call.body('body').outputTypes.map((type, at) =>
            stacked(
              rows.map((row) => tensorOf(row[at], call.fail)),
              type,
              call.fail,
            ),
          );
        },
        {
          refuse: ({ num_scan_inputs: scanned }, count, { hasInput }) => {
            if (hasInput(0))
              return 'it gives each sequence its own length (sequence_lens), which is not honoured';
            return scanned < 1 || scanned > count ? `it scans ${scanned} of ${count} inputs` : undefined;
          },
          bodies: ([, ...inputs]) => ({ body: inputs }),
          bodyOutputs: ({ body = [] }) => body,
        },
      );
export const Scan: Versions = { 8: scanOf(8), 9: scanOf(9) };

const itemType = (type: ValueType | undefined): ValueType | undefined =>
  type?.startsWith('sequence<') ? (type.slice('sequence<'.length, -1) as ValueType) : type;

/** Runs a graph for each item of lists of one length; what is no list is the same for all. */
export const SequenceMap: Versions = {
  17: op(
    'sequence<T> V* -> V0*',
    { body: graph() },
    async (inputs, _, call) => {
      const [first] = inputs;
      const results: Value[][] = [];
      for (let at = 0; at < first.items.length; at++) {
        call.turn();
        const items = (inputs as readonly Value[]).map((value) =>
          value.kind === 'sequence' ? value.items[at] : value,
        );
        if (items.some((item) => !item)) throw call.fail('its sequences differ in length');
        results.push([...(await call.body('body').run(items))]);
      }
      return call.body('body').outputTypes.map(
        (type, index): Sequence => ({
          kind: 'sequence',
          type: `sequence<${type ?? results[0]?.[index]?.type ?? 'float32'}>`,
          items: results.flatMap((row) => row[index] ?? []),
        }),
      );
    },
    {
      bodies: (inputs) => ({ body: inputs.map(itemType) }),
      bodyOutputs: ({ body = [] }) => body.map((type) => type && (`sequence<${type}>` as ValueType)),
    },
  ),
};
