import process from 'node:process';
import type { Logger } from '../operation/context.ts';

/** Logs to standard error, a line each: warnings and information always, decisions with TRESTLE_DEBUG. */
export function stderrLogger(env: Readonly<Record<string, string | undefined>> = process.env): Logger {
  const isDebug = Number(env.TRESTLE_DEBUG ?? 0) >= 1;
  const write = (level: string, message: string, facts?: Readonly<Record<string, unknown>>): void => {
    const tail = facts && Object.keys(facts).length > 0 ? ` ${JSON.stringify(facts)}` : '';
    process.stderr.write(`${level} ${message}${tail}\n`);
  };
  return {
    debug: (message, facts) => {
      if (isDebug) write('debug', message, facts);
    },
    info: (message, facts) => write('info', message, facts),
    warn: (message, facts) => write('warn', message, facts),
  };
}
