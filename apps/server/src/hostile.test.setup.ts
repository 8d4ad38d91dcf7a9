/** What somebody may call a thing, or put into it, to break the page that shows it. */
export const HOSTILE = {
  // As long as a name may be.
  dataset: `birds-${'long'.repeat(20)}`,
  file: `birds' onmouseover='alert(1).csv`,
  column: '<img src=x onerror=alert(1)>',
  number: 'سرعة 🦜 "speed"',
  values: [
    '<script>alert(2)</script>',
    '"><svg onload=alert(3)>',
    'javascript:alert(4)',
    '\u202Egnp.live',
    'w'.repeat(300),
    '{{7*7}}',
  ],
} as const;
