import type { Encoding, FitOptions, TrainingSpec } from '@trestle/contracts';
import { designColumns } from '@trestle/features';
import { type Context, invariant } from '@trestle/kernel';
import type { GraphPart } from '@trestle/onnx';
import { outputsOf, type Prepared } from '../preparation/prepare.ts';
import type { Learnt } from '../preprocessing/learn.ts';
import { designOf, learn, targetsOf } from './designs.ts';
import { weightsOf } from './row-weights.ts';
import type { Selection } from './select.ts';
import { sharpenedHead } from './sharpen.ts';
import { targetScaling } from './target-scaling.ts';

/** What was fitted in the end: the features it is made of, and what becomes of their design matrix. */
export interface Fitted extends Learnt {
  readonly head: GraphPart;
  /** Of a regression whose values come in float64: where they lie. */
  readonly exact: { readonly centre: number; readonly scale: number } | undefined;
  /** What a person is to know of how it was fitted. */
  readonly notes: readonly string[];
}

/** Fits all that have a weight to some rows, each for as many rounds as served it best, and makes one graph of them. */
export async function fitChosen(
  ctx: Context,
  prepared: Prepared,
  { tried, sharpness }: Pick<Selection, 'tried' | 'sharpness'>,
  rows: Int32Array,
  spec: TrainingSpec,
): Promise<Fitted> {
  const members = tried.filter(({ weight }) => weight > 0);
  const { task } = prepared.target;
  const targets = targetsOf(prepared, rows);
  const scaling = targetScaling(task, targets);
  const weights = weightsOf(spec, targets);
  const encodings = [...new Set(members.map(({ candidate }) => candidate.encoding))];
  const parts: Member[] = [];
  const learnt: Learnt[] = [];
  const notes: string[] = [];
  let from = 0;
  for (const encoding of encodings) {
    const features = await learn(prepared, rows, encoding, ctx.signal);
    const design = await designOf(prepared, features, rows, ctx.signal);
    learnt.push(features);
    for (const { candidate, rounds, weight } of members) {
      if (candidate.encoding !== encoding) continue;
      const options: FitOptions = {
        task,
        targets: scaling.scaled,
        outputs: outputsOf(prepared),
        ...(weights ? { weights } : {}),
        seed: spec.seed,
        signal: ctx.signal,
        rounds,
        onRound: (fraction) =>
          ctx.progress({
            step: `fitting ${candidate.label}, ${parts.length + 1} of ${members.length}, on ${rows.length} rows`,
            fraction: 0.75 + (0.15 * (parts.length + fraction)) / members.length,
          }),
      };
      const fitted = await candidate.fit(design, options);
      // Of several members a note says of which.
      const ofMember = members.length > 1 ? `${candidate.label}: ` : '';
      notes.push(...(fitted.notes ?? []).map((note) => ofMember + note));
      parts.push({ head: fitted.head, weight, encoding, from, to: from + design.width });
    }
    from += designColumns(features.design).length;
  }
  const { features, leftOut } = invariant(learnt[0], 'the features of a member');
  return {
    design: learnt.flatMap(({ design }) => design),
    features,
    leftOut,
    // Each encoding in its own words, where members have several.
    encodings: features.map(({ name, type }) => ({
      ...{ name, type },
      encoding: [...new Set(learnt.flatMap((one) => encodingIn(one, name)))].join('; '),
    })),
    notes: [...new Set(notes)],
    head: scaling.head(sharpenedHead(weightedMean(parts, from), outputsOf(prepared), sharpness)),
    exact: scaling.exact,
  };
}

const encodingIn = ({ encodings }: Learnt, column: string): readonly string[] =>
  encodings.flatMap(({ name, encoding }) => (name === column ? [encoding] : []));

/** A part of the graph that reads some of the design's columns. */
interface Member {
  readonly head: GraphPart;
  readonly weight: number;
  readonly encoding: Encoding;
  readonly from: number;
  readonly to: number;
}

/** The mean of what members make of their columns of the design. @param width how many columns there are */
function weightedMean(members: readonly Member[], width: number): GraphPart {
  return (graph, design) => {
    const blocks = new Map<Encoding, string>();
    const blockOf = ({ encoding, from, to }: Member): string => {
      if (from === 0 && to === width) return design;
      const known = blocks.get(encoding);
      if (known !== undefined) return known;
      const at = (value: number): string => graph.constant('int64', [1], [value]);
      const block = graph.add('Slice', [design, at(from), at(to), at(1)]);
      blocks.set(encoding, block);
      return block;
    };
    const [first, ...others] = members.map((member) => ({
      member,
      name: member.head(graph, blockOf(member)),
    }));
    if (!first) throw new RangeError('There is nothing to take the mean of.');
    if (others.length === 0) return first.name;
    const weighted = [first, ...others].map(({ member, name }) =>
      graph.add('Mul', [name, graph.constant('float32', [1], Float32Array.of(member.weight))]),
    );
    return graph.add('Sum', weighted);
  };
}
