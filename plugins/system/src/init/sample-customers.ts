const ROWS = 800;
const DAY_MS = 86_400_000;
const START_MS = Date.UTC(2025, 0, 1);

/**
 * Customers of a made-up product, as CSV: whether they cancel depends on plan, use and support, with chance in it, so
 * that there is something to learn and something that cannot be. Some values are missing. Always the same.
 */
export function sampleCustomers(): string {
  const random = mulberry32(20_250_101);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const lines = ['customer,signed_up,plan,country,seats,hours_per_week,tickets,discount,churned'];
  for (let row = 0; row < ROWS; row++) {
    const day = Math.floor((row / ROWS) * 540);
    const plan = pick(random(), [
      ['free', 0.45],
      ['team', 0.4],
      ['company', 0.15],
    ]);
    const country = pick(random(), [
      ['DE', 0.3],
      ['US', 0.3],
      ['FR', 0.15],
      ['JP', 0.15],
      ['BR', 0.1],
    ]);
    const seats = plan === 'free' ? 1 : 1 + Math.floor(Math.exp(1 + 0.7 * normal()));
    const hours = Math.max(0, 6 + 3 * normal() + (plan === 'company' ? 4 : 0));
    const tickets = Math.floor(-Math.log(1 - random()) * (plan === 'free' ? 0.6 : 1.4));
    const discount = random() < 0.25;
    const logit =
      0.4 -
      0.45 * (hours - 5) +
      0.7 * tickets +
      (plan === 'free' ? 0.9 : 0) -
      (discount ? 0.8 : 0) -
      0.05 * seats;
    const churned = random() < 1 / (1 + Math.exp(-logit));
    lines.push(
      [
        `c-${String(row + 1).padStart(4, '0')}`,
        new Date(START_MS + day * DAY_MS).toISOString().slice(0, 10),
        plan,
        random() < 0.04 ? '' : country,
        seats,
        random() < 0.06 ? '' : hours.toFixed(1),
        tickets,
        discount,
        churned,
      ].join(','),
    );
  }
  return `${lines.join('\n')}\n`;
}

function pick(chance: number, choices: readonly (readonly [string, number])[]): string {
  let sum = 0;
  for (const [name, share] of choices) {
    sum += share;
    if (chance < sum) return name;
  }
  return choices.at(-1)?.[0] ?? '';
}

/** A small generator with 32 bits of state (Ettinger 2017, mulberry32): enough for a sample, the same everywhere. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
