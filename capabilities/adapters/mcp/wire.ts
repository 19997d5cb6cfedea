/**
 * The three ways to a server behind one face: a program's pipes, streamable HTTP, SSE. Owns what each way needs to be opened
 * and closed, and how its troubles are told; knows nothing of tools and calls.
 */
import type { Transport } from "@modelcontextprotocol/client";
import type { Clock } from "../../runtime/clock";
import { after } from "../../runtime/clock";
import { environmentOf } from "./environment";
import { HttpTransport, openSockets, sseTransport } from "./http-transport";
import type { McpTarget } from "./port";
import { StdioTransport } from "./stdio-transport";
import type { Trouble } from "./trouble";
import { OutOfTimeError } from "./trouble";
import type { Stage } from "./words";
import { httpTrouble, programTrouble } from "./words";

/** What opening a connection needs from outside. */
export interface Surroundings {
  clock: Clock;
  /** The operator's environment, of which programs are given the basics. */
  env: NodeJS.ProcessEnv;
}

/** One way to a server, used once. */
export interface Wire {
  transport: Transport;
  /** The sentence for people about a trouble on this way. */
  describe(trouble: Trouble, stage: Stage): string;
  /** Calls `onEnd` when the answer to the call with this key can no longer come; returns what ends the waiting for it. */
  expect(key: string, onEnd: () => void): (isAnswered: boolean) => void;
  /** Ends everything on our side, by force after `graceMs`; resolves when it is gone. Never rejects. */
  close(graceMs: number): Promise<void>;
}

/** How long saying goodbye to a session may take, milliseconds: it is a courtesy. */
const GOODBYE_MS = 1_000;

/** The way to a program that is started for it. */
export interface ProgramWire extends Wire {
  /** It has ended by itself. */
  hasEnded(): boolean;
  /** It has said, however late, that it speaks the protocol of 2026-07-28. */
  isNewer(): boolean;
}

export function stdioWire(target: McpTarget, { clock, env }: Surroundings): ProgramWire {
  const { command = "", args = [] } = target;
  const transport = new StdioTransport({ command, args, env: environmentOf(env, target.env) }, clock);
  return {
    transport,
    describe: (trouble, stage) => programTrouble(target, trouble, transport.report, stage),
    expect: () => () => undefined, // A pipe ends as a whole, and the SDK then ends its calls.
    close: (graceMs) => transport.shut(graceMs),
    hasEnded: () => transport.report.ending?.kind === "Exited",
    isNewer: () => transport.isNewer,
  };
}

/** Streamable HTTP. */
export function httpWire(target: McpTarget, { clock }: Surroundings): Wire {
  const sockets = openSockets(target, false);
  const transport = new HttpTransport(target, sockets, clock);
  return {
    transport,
    describe: (trouble, stage) => httpTrouble(target, trouble, stage),
    expect: (key, onEnd) => transport.expect(key, onEnd),
    close: (graceMs) =>
      quietly(async () => {
        const goodbyeMs = Math.min(GOODBYE_MS, graceMs);
        await quietly(() => within(clock, goodbyeMs, transport.terminateSession()));
        await transport.close();
        await sockets.close();
      }),
  };
}

/** SSE, for servers of the protocol before 2025-03-26. */
export function sseWire(target: McpTarget): Wire {
  const sockets = openSockets(target, true);
  const transport = sseTransport(target, sockets);
  return {
    transport,
    describe: (trouble, stage) => httpTrouble(target, trouble, stage),
    expect: () => () => undefined,
    close: () =>
      quietly(async () => {
        await transport.close();
        await sockets.close();
      }),
  };
}

/** Waits for `work` no longer than `ms`; throws `OutOfTimeError` after that. The work itself goes on. */
export async function within<T>(clock: Clock, ms: number, work: Promise<T>): Promise<T> {
  let cancel = (): void => undefined;
  const expiry = new Promise<never>((_, reject) => {
    cancel = clock.at(after(clock, ms), () => reject(new OutOfTimeError(`nothing within ${ms} ms`)));
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    cancel();
  }
}

async function quietly(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch {
    // Closing is ours alone: what the other side makes of it changes nothing.
  }
}
