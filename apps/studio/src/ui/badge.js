import { jsx as _jsx } from 'preact/jsx-runtime';

const TONES = {
  ok: 'good',
  succeeded: 'good',
  champion: 'good',
  chosen: 'good',
  resolved: 'good',
  ran: 'good',
  appended: 'good',
  held: 'good',
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
const WORDS = {
  waiting: 'waiting for data',
  'no-reference': 'no reference',
};
/** A state in words; the colour only repeats it. */
export const Badge = ({ children }) =>
  _jsx('span', { class: `badge ${TONES[children] ?? ''}`, children: WORDS[children] ?? children });
export const Time = ({ at, text }) =>
  _jsx('time', { dateTime: at, title: new Date(at).toLocaleString(), children: text });
