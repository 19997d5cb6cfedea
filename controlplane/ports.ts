/** Ports on 127.0.0.1: which are free, and which a state keeps. */
import { connect, createServer } from "node:net";
import { randomInt } from "node:crypto";
import { Failure } from "./failure";
import type { PortName, State } from "./state";
import { recall, remember } from "./state";

/** Below the range from which kernels take the ports of outgoing connections, so that a kept port stays free. */
const LOWEST = 20_000;
const HIGHEST = 32_000;
const ATTEMPTS = 100;

/** Whether a server of ours could listen on this port now. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** Whether anything accepts connections on this port. */
export function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true));
    socket.once("error", () => resolve(false));
    socket.once("close", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

/**
 * The port on which a program that is not running now shall listen: `wanted`, or the one it had, or a free one.
 * Another program on a kept port is no obstacle; on a wanted one it is.
 */
export async function choosePort(state: State, name: PortName, wanted?: number): Promise<number> {
  if (wanted !== undefined && !(await isFree(wanted))) {
    throw new Failure(`port ${wanted} is taken by another program. Choose another one with --port, or leave it out.`);
  }
  const kept = wanted ?? recall(state).ports[name];
  const port = kept !== undefined && (await isFree(kept)) ? kept : await freePort(state);
  remember(state, { ports: { [name]: port } });
  return port;
}

async function freePort(state: State): Promise<number> {
  const kept = Object.values(recall(state).ports);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(LOWEST, HIGHEST);
    if (!kept.includes(port) && (await isFree(port))) return port;
  }
  throw new Failure(`no free port between ${LOWEST} and ${HIGHEST} on 127.0.0.1.`);
}
