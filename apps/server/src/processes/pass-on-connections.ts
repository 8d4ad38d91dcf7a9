import type { Worker } from 'node:cluster';

/** What Node's cluster tells a process of a connection, and what it hears of it. */
interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/** A connection of which nothing was read yet. */
interface Connection {
  close(): void;
}

/**
 * Sees to it that a connection which was handed to a process that ended before it took it goes to another one, or is closed.
 *
 * Node's `cluster` keeps such a connection open and waits for an answer for ever: whoever connected hangs, and so does this process
 * at its end. Here the answer is given in the place of the process: "not accepted", which is what one says that is shutting down. A
 * connection that was not answered for has not been read from, so that nothing of its request is lost.
 *
 * @returns to be called when the process has ended and all it said was read, with whether another one takes connections
 */
export function passOnConnections({ process }: Worker): (hasOthers: boolean) => void {
  const handed = new Map<number, Connection>();
  const send = process.send.bind(process) as (...args: unknown[]) => boolean;
  const watched = (message: ClusterMessage, ...rest: unknown[]): boolean => {
    if (message.cmd === 'NODE_CLUSTER' && message.act === 'newconn' && message.seq !== undefined) {
      handed.set(message.seq, rest[0] as Connection);
    }
    return send(message, ...rest);
  };
  process.send = watched as typeof process.send;
  process.on('internalMessage', ({ ack }: ClusterMessage) => {
    if (ack !== undefined) handed.delete(ack);
  });
  return (hasOthers) => {
    for (const [ack, connection] of [...handed]) {
      if (hasOthers) process.emit('internalMessage', { cmd: 'NODE_CLUSTER', ack, accepted: false });
      else connection.close();
    }
  };
}
