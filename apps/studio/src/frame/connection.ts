import { useEffect, useState } from 'preact/hooks';

/** How the latest request went: answered, not at all, or with the question who calls. */
export type Connection = 'ok' | 'offline' | 'unknown-caller';

let connection: Connection = 'ok';
const listeners = new Set<(connection: Connection) => void>();

export function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  for (const listener of listeners) listener(next);
}

export function useConnection(): Connection {
  const [state, setState] = useState(connection);
  useEffect(() => {
    listeners.add(setState);
    return () => {
      listeners.delete(setState);
    };
  }, []);
  return state;
}
