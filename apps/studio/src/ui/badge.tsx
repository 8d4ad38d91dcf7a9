const TONES: Readonly<Record<string, string>> = {
  ok: 'good',
  succeeded: 'good',
  champion: 'good',
  chosen: 'good',
  resolved: 'good',
  ran: 'good',
  appended: 'good',
  held: 'good',
  promoted: 'good',
  within: 'good',
  worse: 'bad',
  'rolled-back': 'bad',
  paused: 'warn',
  aborted: 'warn',
  superseded: 'warn',
  alert: 'bad',
  open: 'bad',
  drifted: 'bad',
  degraded: 'bad',
  failed: 'bad',
  warning: 'warn',
  'personal data': 'warn',
  acknowledged: 'warn',
  challenger: 'warn',
  running: 'warn',
  queued: 'warn',
  interrupted: 'warn',
};

const WORDS: Readonly<Record<string, string>> = {
  waiting: 'waiting for data',
  'no-reference': 'no reference',
  'rolled-back': 'rolled back',
};

/** A state in words; the colour only repeats it. */
export const Badge = ({ children }: { children: string }) => (
  <span class={`badge ${TONES[children] ?? ''}`}>{WORDS[children] ?? children}</span>
);

export const Time = ({ at, text }: { at: string; text: string }) => (
  <time dateTime={at} title={new Date(at).toLocaleString()}>
    {text}
  </time>
);
