/**
 * One attempt to connect: which way, which version of the protocol, and the second try that old servers need. Owns the
 * deadline of the attempt, and leaves nothing behind when it fails. It never tries again later; followed-server.ts does.
 */
import type { JsonSchemaValidator, jsonSchemaValidator } from "@modelcontextprotocol/client";
import { Client } from "@modelcontextprotocol/client";
import type { MCPTool } from "../../../crds/index";
import type { ConnectionListener, McpConnection } from "./connection";
import { SdkConnection } from "./connection";
import type { McpTarget } from "./port";
import type { Trouble } from "./trouble";
import { OutOfTimeError, troubleOf } from "./trouble";
import type { ProgramWire, Surroundings, Wire } from "./wire";
import { httpWire, sseWire, stdioWire, within } from "./wire";
import { misconfigured } from "./words";

/** What an attempt may know from earlier ones. */
export interface Experience {
  /** How many attempts have failed in a row. */
  failures: number;
  /** The program spoke a protocol before 2026-07-28 the last time: it need not be asked about newer ones. */
  isLegacy: boolean;
}

/** What is to be connected to, and for whom. */
export interface Attempt {
  target: McpTarget;
  experience: Experience;
  listener: ConnectionListener;
  /** Ends the attempt; nothing of it is left then. */
  signal: AbortSignal;
}

/** How an attempt ended. */
export type Opened = { kind: "Open"; connection: McpConnection; tools: MCPTool[] } | { kind: "Failed"; detail: string };

/**
 * How long a program is waited for that does not answer whether it speaks the newest protocol, milliseconds. Old ones never
 * answer that; slow starters get twice as long with every attempt.
 */
const FIRST_PATIENCE_MS = 5_000;
/** The share of its time that an attempt must have left to start a program once more for a newer protocol. */
const ENOUGH = 1 / 4;
/** What is left of a failed attempt is ended by force after this, milliseconds. */
const GRACE_MS = 2_000;
/** Answers to a first message that a server which only speaks SSE gives, by the specification of 2025-03-26. */
const ONLY_SSE = new Set([400, 404, 405]);

const CLIENT = { name: "kubechain", version: "v1alpha1" };

/** The SDK would compile what servers give as schemas of results, and hostile ones never end; we take results as they are. */
const ACCEPTS_EVERYTHING: jsonSchemaValidator = {
  getValidator<T>(): JsonSchemaValidator<T> {
    return (input) => ({ valid: true, data: input as T, errorMessage: undefined });
  },
};

/** Connects and lists the tools, all by the target's timeout. Never rejects. */
export async function open(attempt: Attempt, around: Surroundings): Promise<Opened> {
  const { target } = attempt;
  const wrong = misconfigured(target);
  if (wrong !== undefined) return { kind: "Failed", detail: wrong };
  const deadline = around.clock.now().getTime() + target.timeoutMs;
  const leftMs = (): number => Math.max(1, deadline - around.clock.now().getTime());
  const tried = await (target.transport === "stdio" ? openProgram : openHttp)({ attempt, around, leftMs });
  if (tried.kind === "Failed") return { kind: "Failed", detail: tried.detail };
  const { connection } = tried;
  const listing = await connection.list(leftMs());
  if (listing.kind === "Listed" && !attempt.signal.aborted) return { kind: "Open", connection, tools: listing.tools };
  await connection.close(GRACE_MS);
  return listing.kind === "Failed" ? listing : { kind: "Failed", detail: "The connection is no longer wanted." };
}

interface Going {
  attempt: Attempt;
  around: Surroundings;
  leftMs: () => number;
  /** How long a server may take to say whether it speaks the newest protocol; by its transport when not given. */
  patienceMs?: number;
}

type Tried = { kind: "Connected"; connection: McpConnection } | { kind: "Failed"; detail: string; trouble: Trouble };

/**
 * Some old programs end at a first message that they do not know: those are started once more, and asked in the old way.
 * Some newer ones start so slowly that they are taken for old until their first answer comes: those are started once more
 * too, and waited for. `npx` and `uvx` have downloaded the program by then.
 */
async function openProgram(going: Going): Promise<Tried> {
  const { attempt, around, leftMs } = going;
  const { isLegacy } = attempt.experience;
  const wire = stdioWire(attempt.target, around);
  const tried = await connect(going, wire, isLegacy ? "legacy" : "auto");
  if (isLegacy || attempt.signal.aborted) return tried;
  if (isMistaken(tried, wire) && leftMs() > attempt.target.timeoutMs * ENOUGH) {
    if (tried.kind === "Connected") await tried.connection.close(GRACE_MS);
    return connect({ ...going, patienceMs: leftMs() / 2 }, stdioWire(attempt.target, around), "auto");
  }
  if (tried.kind === "Connected" || !wire.hasEnded()) return tried;
  return connect(going, stdioWire(attempt.target, around), "legacy");
}

/** It was spoken to in an older protocol than it speaks. */
function isMistaken(tried: Tried, wire: ProgramWire): boolean {
  return wire.isNewer() && (tried.kind === "Failed" || tried.connection.isLegacy);
}

async function openHttp(going: Going): Promise<Tried> {
  const { attempt, around } = going;
  const tried = await connect(going, httpWire(attempt.target, around), "auto");
  const mayBeSse = tried.kind === "Failed" && ONLY_SSE.has(tried.trouble.status ?? 0);
  if (!mayBeSse || attempt.signal.aborted) return tried;
  const old = await connect(going, sseWire(attempt.target), "legacy");
  return old.kind === "Connected" ? old : tried; // The first answer says more: most servers do not know SSE at all.
}

async function connect(going: Going, wire: Wire, mode: "auto" | "legacy"): Promise<Tried> {
  const { attempt, around, leftMs } = going;
  const { target, signal, listener } = attempt;
  const client = new Client(CLIENT, {
    capabilities: {},
    inputRequired: { autoFulfill: false },
    jsonSchemaValidator: ACCEPTS_EVERYTHING,
    versionNegotiation: { mode, probe: { timeoutMs: going.patienceMs ?? patienceMs(attempt) } },
  });
  try {
    const connecting = client.connect(wire.transport, { timeout: leftMs(), signal });
    await within(around.clock, leftMs(), unless(signal, connecting));
    return {
      kind: "Connected",
      connection: new SdkConnection({ target, client, wire, clock: around.clock }, listener),
    };
  } catch (thrown) {
    const trouble = troubleOf(thrown);
    const detail = wire.describe(trouble, "connect");
    await wire.close(GRACE_MS);
    return { kind: "Failed", detail, trouble };
  }
}

/** Programs that do not answer are asked in the old way; over HTTP silence means that nobody is there. */
function patienceMs({ target, experience }: Attempt): number {
  if (target.transport === "http") return target.timeoutMs;
  return Math.min(target.timeoutMs / 2, FIRST_PATIENCE_MS * 2 ** Math.min(experience.failures, 10));
}

/** The work's end, or the signal's, whichever comes first. The SDK's own start of a transport knows no signal. */
async function unless<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(new OutOfTimeError("no longer wanted"));
    signal.addEventListener("abort", onAbort, { once: true });
    if (signal.aborted) onAbort();
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener("abort", onAbort);
  }
}
