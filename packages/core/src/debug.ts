import { setting } from './setting.ts';

/**
 * What `TRESTLE_DEBUG` asks for: a level (1: decisions, 2: kernels, 3: their source), and `nan`, which looks for the first
 * operation that makes one. Several are joined by commas.
 */
export interface Debug {
  readonly level: number;
  readonly findsNaN: boolean;
}

/** Read anew each time, so that it can be switched on while a program runs. In a browser it is a global of that name. */
export function debug(): Debug {
  const text = setting('TRESTLE_DEBUG');
  if (text !== lastText) {
    const words = text.split(',');
    const level = Math.max(0, ...words.map((word) => Number.parseInt(word, 10) || 0));
    [lastText, latest] = [text, { level, findsNaN: words.includes('nan') }];
  }
  return latest;
}

/** What `debug` gave last: asking the environment costs too much where every node is made. */
export const latestDebug = (): Debug => latest;

let lastText = '';
let latest: Debug = { level: 0, findsNaN: false };

debug();
