import { useEffect, useState } from 'preact/hooks';

let connection = 'ok';
const listeners = new Set();
export function setConnection(next) {
  if (next === connection) return;
  connection = next;
  for (const listener of listeners) listener(next);
}
export function useConnection() {
  const [state, setState] = useState(connection);
  useEffect(() => {
    listeners.add(setState);
    return () => {
      listeners.delete(setState);
    };
  }, []);
  return state;
}
