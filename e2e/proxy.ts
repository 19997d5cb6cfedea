/**
 * A network that can lose connections without a word: everything passes through it to one port, until it freezes some of
 * what is open. A frozen connection stays open on both ends and carries nothing any more, as after a firewall has
 * forgotten it.
 */
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";

export interface Proxy {
  port: number;
  /** From now on it is noted which side of each connection speaks. */
  listen(): void;
  /**
   * Freezes the connections on which, since `listen`, the far side has spoken and the near side has not: those that listen
   * to a watch. Says how many those are; others, and later ones, pass.
   */
  freezeListeners(): number;
  close(): Promise<void>;
}

interface Pair {
  near: Socket;
  far: Socket;
  /** Bytes since `listen`. */
  asked: number;
  told: number;
}

/** Starts a proxy on loopback, in front of `target` on loopback. */
export async function startProxy(target: number): Promise<Proxy> {
  const pairs = new Set<Pair>();
  const server = createServer((near) => {
    const far = connect(target, "127.0.0.1");
    const pair = { near, far, asked: 0, told: 0 };
    pairs.add(pair);
    near.on("data", ({ length }: Buffer) => (pair.asked += length));
    far.on("data", ({ length }: Buffer) => (pair.told += length));
    near.pipe(far);
    far.pipe(near);
    const drop = (): void => {
      pairs.delete(pair);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on("error", drop).on("close", drop);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    listen: () => {
      for (const pair of pairs) Object.assign(pair, { asked: 0, told: 0 });
    },
    freezeListeners: () => {
      const listening = [...pairs].filter(({ asked, told }) => told > 0 && asked === 0);
      for (const { near, far } of listening) {
        near.unpipe(far).pause();
        far.unpipe(near).pause();
      }
      return listening.length;
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
