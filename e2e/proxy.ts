/**
 * A network that can lose connections without a word: everything passes through it to one port, until it freezes what is
 * open. Frozen connections stay open on both ends and carry nothing any more, as after a firewall has forgotten them.
 */
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface Proxy {
  port: number;
  /** Freezes all connections that are open now and says how many those are; later ones pass. */
  freeze(): number;
  close(): Promise<void>;
}

interface Pair {
  near: Socket;
  far: Socket;
}

/** Starts a proxy on loopback, in front of `target` on loopback. */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    const pair = { near, far };
    pairs.add(pair);
    near.pipe(far);
    far.pipe(near);
    const drop = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", drop);
    near.on("close", drop);
    far.on("close", () => (pairs.has(pair) && near.readableFlowing !== false ? drop() : undefined));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    freeze: () => {
      for (const { near, far } of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.resume();
      }
      return pairs.size;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const { near, far } of pairs) {
          near.destroy();
          far.destroy();
        }
      }),
  };
}
