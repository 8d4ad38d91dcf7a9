import { CoreError } from '../core-error.ts';
import { dataNode, type Node } from '../graph/node.ts';
import { lengthOf, shapeText } from '../graph/shape.ts';
import { where } from './elementwise.ts';
import { gather } from './indexing.ts';
import { constant } from './make.ts';
import { expand, pad, slice } from './movement.ts';

/** What lies beyond the edge: a value, what lies inside as in a mirror (the edge once), the edge, or the other end. */
export type PadMode = 'constant' | 'reflect' | 'edge' | 'wrap';

/** Elements around, or, by negative amounts, fewer of them. */
export function padded(
  given: Node,
  amounts: readonly (readonly [number, number])[],
  mode: PadMode,
  value: number,
): Node {
  const { shape } = given;
  const isWhole = amounts.flat().every(Number.isInteger);
  const left = shape.map((length, axis) => {
    const [before = 0, behind = 0] = amounts[axis] ?? [];
    return length + Math.min(0, before) + Math.min(0, behind);
  });
  const grows = (axis: number): boolean => (amounts[axis] ?? []).some((amount) => amount > 0);
  const isEmpty = mode !== 'constant' && left.some((length, axis) => length === 0 && grows(axis));
  if (!isWhole || amounts.length > shape.length || left.some((length) => length < 0) || isEmpty) {
    throw new CoreError(
      'PAD',
      `pad: ${amounts.map(shapeText).join(', ')} does not fit a tensor of shape ${shapeText(shape)}.`,
      'Give at most one pair per axis, of whole numbers; negative ones cut off, and nothing has neither edge nor mirror.',
    );
  }
  const x = slice(
    given,
    shape.map((length, axis) => {
      const [before = 0, behind = 0] = amounts[axis] ?? [];
      return [Math.max(0, -before), length - Math.max(0, -behind)] as const;
    }),
  );
  const positive = amounts.map(([before, behind]) => [Math.max(0, before), Math.max(0, behind)] as const);
  if (mode !== 'constant')
    return positive.reduce((whole, [before, behind], axis) => around(whole, axis, before, behind, mode), x);
  const zeros = pad(x, positive);
  if (Object.is(value, 0)) return zeros;
  const inside = pad(expand(constant(1, 'bool', x.device), x.shape), positive);
  return where(inside, zeros, value);
}

/** One axis read at places beyond its ends. */
function around(x: Node, axis: number, before: number, behind: number, mode: PadMode): Node {
  if (before === 0 && behind === 0) return x;
  const length = lengthOf(x.shape, axis);
  const places = Int32Array.from({ length: length + before + behind }, (_, at) =>
    placeOf(at - before, length, mode),
  );
  return gather(x, dataNode(x.device.upload(places), [places.length], x.device), axis);
}

function placeOf(place: number, length: number, mode: PadMode): number {
  const turn = (period: number): number => ((place % period) + period) % period;
  switch (mode) {
    case 'edge':
      return Math.min(length - 1, Math.max(0, place));
    case 'wrap':
      return turn(length);
    default: {
      if (length === 1) return 0;
      const at = turn(2 * length - 2);
      return at < length ? at : 2 * length - 2 - at;
    }
  }
}
