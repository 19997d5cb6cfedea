/** Asks a local server whether it is there: one HTTPS GET, and waiting until it answers as wanted. */
import { readFileSync } from "node:fs";
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { Failure, tailOf } from "./failure";
import type { KeyFiles } from "./certificates";

const ASK_AGAIN_MS = 100;
const ANSWER_WITHIN_MS = 5_000;

/** What to ask, trusting whom, as whom. */
export interface Question {
  port: number;
  path: string;
  /** The authority's certificate, a file. */
  ca: string;
  client?: KeyFiles;
}

/** The HTTP status, or undefined if there was no answer. */
export function ask({ port, path, ca, client }: Question): Promise<number | undefined> {
  return new Promise((resolve) => {
    const identity =
      client === undefined ? {} : { key: readFileSync(client.key), cert: readFileSync(client.certificate) };
    const asked = request(
      { host: "127.0.0.1", port, path, ca: readFileSync(ca), timeout: ANSWER_WITHIN_MS, agent: false, ...identity },
      (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      },
    );
    asked.on("timeout", () => asked.destroy());
    asked.on("error", () => resolve(undefined));
    asked.on("close", () => resolve(undefined));
    asked.end();
  });
}

/** What to wait for, how long, and which log tells why it did not come. */
export interface Wait {
  what: string;
  isThere: () => Promise<boolean>;
  /** A process that has died will not become ready. */
  isAlive: () => boolean;
  forMs: number;
  log: string;
  /** Where in the log this process's own lines begin. */
  logFrom?: number;
}

/** Returns when it is there; a `Failure` with the log's end when the process dies or the time is over. */
export async function waitUntil(wait: Wait): Promise<void> {
  if (await comesUp(wait)) return;
  throw new Failure(`${wait.what} has ended before it was ready. The last it said:\n${tail(wait)}`);
}

/** True when it is there, false when the process has died; a `Failure` with the log's end when the time is over. */
export async function comesUp(wait: Wait): Promise<boolean> {
  for (const end = Date.now() + wait.forMs; Date.now() < end; await sleep(ASK_AGAIN_MS)) {
    if (await wait.isThere()) return true;
    if (!wait.isAlive()) return false;
  }
  throw new Failure(
    `${wait.what} was not ready after ${Math.round(wait.forMs / 1000)} s. The last it said:\n${tail(wait)}`,
  );
}

function tail(wait: Wait): string {
  return tailOf(wait.log, 15, wait.logFrom);
}
