/** One element that is not as PyTorch or NumPy has it. */
export interface Difference {
  readonly operands: readonly number[];
  /** The row that was folded, where rows are. */
  readonly row: readonly number[];
  readonly value: number;
  readonly expected: number;
}

interface Decision {
  readonly operations: readonly string[];
  /** On which device, or of what: the value or the gradient. */
  readonly where: 'everywhere' | 'value' | 'gradient' | 'wasm' | 'webgpu';
  readonly reason: string;
  holds(difference: Difference): boolean;
}

const near = (value: number, wanted: number, by: number): boolean => Math.abs(value - wanted) <= by;
const hasNaN = ({ operands }: Difference): boolean => operands.some(Number.isNaN);

/** Where we decided otherwise, and why. docs/guides/tensors.md tells the same in a table. */
export const DIFFERENCES: readonly Decision[] = [
  {
    operations: ['sign'],
    where: 'value',
    reason: 'The sign of NaN is NaN, as NumPy has it; PyTorch has 0.',
    holds: hasNaN,
  },
  {
    operations: ['abs', 'norm 1', 'norm Infinity', 'norm -Infinity'],
    where: 'gradient',
    reason: 'A NaN has no sign, so it has the gradient NaN; PyTorch has 0.',
    holds: (one) => hasNaN(one) && Number.isNaN(one.value),
  },
  {
    operations: ['gelu'],
    where: 'everywhere',
    reason:
      'x (1 + erf) / 2 loses digits where erf is near -1, as it does in PyTorch: the error is 2e-7 of x.',
    holds: ({ operands: [x = 0], value, expected }) => near(value, expected, 2e-7 * (Math.abs(x) + 1)),
  },
  {
    operations: ['exp', 'sigmoid', 'silu', 'softplus', 'gelu'],
    where: 'everywhere',
    reason: 'Results of exp below 2^-125 may be 0: scaling them costs as much as all of the rest.',
    holds: ({ operands: [x = 0], value, expected }) => x < -86 && value === 0 && Math.abs(expected) < 1e-36,
  },
  {
    operations: ['pow 0.5', 'pow -0.5', 'pow 1.5', 'pow -1.5'],
    where: 'everywhere',
    reason:
      'Powers of -Infinity and -0 are those of IEEE 754, as NumPy has them; PyTorch takes the square root for 1/2, which is NaN.',
    holds: ({ operands: [x = 0] }) => x === Number.NEGATIVE_INFINITY || x === 0,
  },
  {
    operations: ['variance', 'std', 'std of a sample'],
    where: 'everywhere',
    reason:
      'Squares are float32, as in NumPy: above 1e19 they are infinite, below 1e-19 zero. PyTorch squares in float64.',
    holds: ({ row, value }) => {
      const largest = Math.max(...row.map(Math.abs));
      return largest > 1e19 ? !Number.isFinite(value) || value === 0 : largest < 1e-19 && value === 0;
    },
  },
  {
    operations: ['logSumExp'],
    where: 'gradient',
    reason:
      'The gradient is the softmax, also where the sum is lost in the largest element; PyTorch has exp(x - result).',
    holds: ({ operands: [x = 0], value }) => Math.abs(x) > 1e30 && value === 0.5,
  },
  {
    operations: ['abs'],
    where: 'gradient',
    reason: 'The gradient of |x| at -0 is -0, as the sign of -0 is.',
    holds: ({ value }) => value === 0,
  },
  {
    operations: ['sinh', 'cosh', 'log1p'],
    where: 'everywhere',
    reason:
      'Results that float32 has are given, also where e^x, or 1 + x, is beyond it; PyTorch has Infinity.',
    holds: ({ value, expected }) => Math.abs(expected) === Number.POSITIVE_INFINITY && Number.isFinite(value),
  },
  {
    operations: ['acosh'],
    where: 'gradient',
    reason:
      'Where there is no value there is no gradient; and that of large numbers is 1 / x, where PyTorch squares x.',
    holds: ({ operands: [x = 0], value }) => (x < 1 ? Number.isNaN(value) : near(value * x, 1, 1e-6)),
  },
  {
    operations: ['expm1'],
    where: 'gradient',
    reason: 'The gradient is e^x; PyTorch adds 1 to the result, whose digits are gone where that is near -1.',
    holds: ({ operands: [x = 0], value, expected }) => x < -5 && near(value, expected, 1e-7),
  },
  {
    operations: ['tan'],
    where: 'webgpu',
    reason: 'As sin and cos there, of which it is made.',
    holds: ({ operands: [x = 0], value }) => Math.abs(x) > 1e4 && Number.isFinite(value),
  },
  {
    operations: ['sin', 'cos'],
    where: 'webgpu',
    reason: 'WGSL has no float64 to reduce large arguments with: right up to 10,000, and in [-1, 1] beyond.',
    holds: ({ operands: [x = 0], value }) => Math.abs(x) > 1e4 && Math.abs(value) <= 1.0001,
  },
  {
    operations: ['pow', 'norm 1.5', 'norm 3'],
    where: 'webgpu',
    reason:
      'Adapters may take what is smaller than 2^-126 for zero, also where it is only on the way to a result.',
    holds: ({ row, value, expected }) =>
      value === 0 && (Math.abs(expected) < 1e-36 || Math.max(...row.map(Math.abs)) < 1e-19),
  },
];

/** Relative errors allowed where an operation is less exact than 2e-6. */
export const TOLERANCES: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  // 1 - y² of a y that is right to one digit in the last place.
  all: { tanh: 5e-5 },
  // WGSL allows exp an error of 3 + 2 |x| units in the last place, and pow that of exp2 of a product with log2.
  webgpu: {
    exp: 1e-5,
    sinh: 1e-5,
    cosh: 1e-5,
    sigmoid: 1e-5,
    silu: 1e-5,
    softplus: 1e-5,
    tanh: 5e-5,
    pow: 2e-5,
    'pow -0.5': 2e-5,
    'pow 1.5': 2e-5,
    'pow 2.5': 2e-5,
  },
};
