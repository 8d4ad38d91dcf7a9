import {
  type Code,
  get,
  i32,
  type Local,
  repeat,
  type Scope,
  set,
  type Value,
  v128,
  when,
} from '../assembler.ts';
import { WORD } from '../program.ts';
import { isContiguousByFour, type Offsets, offsetAt, type PlacedTables } from './operand.ts';

type Vector = Value<'v128'>;

export interface PackOptions {
  readonly scope: Scope;
  /** Lines of one tile: rows of a, or columns of b; 6 or 8, or fewer in the last tile of a. */
  readonly lines: number;
  readonly lineOffsets: Offsets;
  readonly depthOffsets: Offsets;
  /** Address of the operand's matrix. */
  readonly source: Local<'i32'>;
  /** First line of the tile. Lines beyond the last read the last one again. */
  readonly firstLine: Local<'i32'>;
  /** The part [from, to) of the inner dimension; from is a multiple of 4. */
  readonly from: Value<'i32'>;
  readonly to: Value<'i32'>;
  readonly target: Local<'i32'>;
  readonly tables: PlacedTables;
  readonly table: Local<'i32'>;
}

/** Puts a tile's lines side by side: for each step of the inner dimension one element of every line. May write 16 bytes more. */
export function packTile(options: PackOptions): Code {
  const { scope, lines, lineOffsets, depthOffsets, source, firstLine, from, to, target, tables, table } =
    options;
  const depth = scope.local('i32');
  const out = scope.local('i32');
  const at = scope.local('i32');
  const start = [set(depth, from), set(out, get(target))];
  const step = lines * WORD;
  const depthAt = (): Value<'i32'> => offsetAt(depthOffsets, get(depth), tables, table);
  if (lineOffsets.kind === 'even' && lineOffsets.step === WORD && lines >= 4) {
    // Lines lie next to each other: a copy per step.
    const first = scope.local('i32');
    return [
      start,
      set(first, i32.add(get(source), i32.mul(get(firstLine), i32.const(WORD)))),
      repeat(
        depth,
        to,
        1,
        set(at, i32.add(get(first), depthAt())),
        v128.store(get(out), v128.load(get(at))),
        lines > 4 ? v128.store(get(out), v128.load(get(at), 16), 16) : [],
        set(out, i32.add(get(out), i32.const(step))),
      ),
    ];
  }
  const pointers = Array.from({ length: lines }, () => scope.local('i32'));
  const place = scope.local('i32');
  const last = i32.const(lineOffsets.length - 1);
  const seekLines = pointers.map((pointer, line) => [
    set(place, i32.add(get(firstLine), i32.const(line))),
    when(i32.gt(get(place), last), set(place, last)),
    set(pointer, i32.add(get(source), offsetAt(lineOffsets, get(place), tables, table))),
  ]);
  const single: Code = [
    set(at, depthAt()),
    pointers.map((pointer, line) =>
      i32.store(get(out), i32.load(i32.add(get(pointer), get(at))), line * WORD),
    ),
    set(out, i32.add(get(out), i32.const(step))),
  ];
  if (!isContiguousByFour(depthOffsets) || lines < 6) {
    return [start, seekLines, repeat(depth, to, 1, single)];
  }
  const vectors = pointers.map(() => scope.local('v128'));
  const vector = (line: number): Vector => get(vectors[line] ?? { type: 'v128', index: 0 });
  const four: Code = [
    set(at, depthAt()),
    vectors.map((own, line) => set(own, v128.load(i32.add(get(pointers[line] ?? at), get(at))))),
    lines === 8
      ? [
          transpose(scope, [vector(0), vector(1), vector(2), vector(3)]).map((code, k) => [
            code.before,
            v128.store(get(out), code.value, k * step),
          ]),
          transpose(scope, [vector(4), vector(5), vector(6), vector(7)]).map((code, k) => [
            code.before,
            v128.store(get(out), code.value, k * step + 16),
          ]),
        ]
      : sixLines(scope, vector, out, step),
    set(out, i32.add(get(out), i32.const(4 * step))),
  ];
  const end = scope.local('i32');
  return [
    start,
    seekLines,
    set(end, i32.sub(to, i32.const(3))),
    repeat(depth, get(end), 4, four),
    repeat(depth, to, 1, single),
  ];
}

/** A 4 x 4 transposition: the code that has to run before each of the four results, and the result. */
function transpose(
  scope: Scope,
  [a, b, c, d]: readonly [Vector, Vector, Vector, Vector],
): readonly { before: Code; value: Vector }[] {
  const [ab, cd, abHigh, cdHigh] = [
    scope.local('v128'),
    scope.local('v128'),
    scope.local('v128'),
    scope.local('v128'),
  ];
  const before = [
    set(ab, v128.shuffle(a, b, 0, 4, 1, 5)),
    set(cd, v128.shuffle(c, d, 0, 4, 1, 5)),
    set(abHigh, v128.shuffle(a, b, 2, 6, 3, 7)),
    set(cdHigh, v128.shuffle(c, d, 2, 6, 3, 7)),
  ];
  return [
    { before, value: v128.shuffle(get(ab), get(cd), 0, 1, 4, 5) },
    { before: [], value: v128.shuffle(get(ab), get(cd), 2, 3, 6, 7) },
    { before: [], value: v128.shuffle(get(abHigh), get(cdHigh), 0, 1, 4, 5) },
    { before: [], value: v128.shuffle(get(abHigh), get(cdHigh), 2, 3, 6, 7) },
  ];
}

/** Four steps of six lines: each store runs over into the next step's place, which is written after it. */
function sixLines(scope: Scope, vector: (line: number) => Vector, out: Local<'i32'>, step: number): Code {
  const [low, high] = [scope.local('v128'), scope.local('v128')];
  const fifthAndSixth = [
    set(low, v128.shuffle(vector(4), vector(5), 0, 4, 1, 5)),
    set(high, v128.shuffle(vector(4), vector(5), 2, 6, 3, 7)),
  ];
  const pairs = [
    get(low),
    v128.shuffle(get(low), get(low), 2, 3, 2, 3),
    get(high),
    v128.shuffle(get(high), get(high), 2, 3, 2, 3),
  ];
  const firstFour = transpose(scope, [vector(0), vector(1), vector(2), vector(3)]);
  return [
    fifthAndSixth,
    firstFour.map(({ before, value }, k) => [
      before,
      v128.store(get(out), value, k * step),
      v128.store(get(out), pairs[k] ?? value, k * step + 16),
    ]),
  ];
}
