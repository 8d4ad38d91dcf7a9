/** Numbers between 0 and 1, the same ones each time. */
export function generator(state = 7): () => number {
  let at = state;
  return () => {
    at = (at * 16_807) % 2_147_483_647;
    return at / 2_147_483_647;
  };
}

/** Insurance policies of which few end in a claim: older cars of young drivers do more often. */
export function claims(count: number, next = generator()): string {
  const lines = Array.from({ length: count }, () => {
    const [age, years, area] = [
      18 + Math.floor(60 * next()),
      Math.floor(20 * next()),
      'ABCDE'[Math.floor(5 * next())],
    ];
    const risk = -4.6 + (age < 27 ? 2 : 0) + 0.12 * years + (area === 'E' ? 0.8 : 0);
    const outcome = next() < 1 / (1 + Math.exp(-risk)) ? 'claim' : 'no claim';
    return `${age},${years},${area},${outcome}`;
  });
  return `age,years,area,outcome\n${lines.join('\n')}\n`;
}
