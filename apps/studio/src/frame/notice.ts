import { useEffect, useState } from 'preact/hooks';

const SHOWN_MS = 8_000;
const listeners = new Set<(text: string) => void>();

/** Says what an action has done: on the page and to screen readers. */
export function notify(text: string): void {
  for (const listener of listeners) listener(text);
}

/** The newest notice, for a while. */
export function useNotice(): string {
  const [notice, setNotice] = useState({ text: '', at: 0 });
  useEffect(() => {
    const listener = (text: string): void => setNotice({ text, at: Date.now() });
    listeners.add(listener);
    return () => {
      listeners.delete(listener);
    };
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => setNotice({ text: '', at: 0 }), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notice]);
  return notice.text;
}
