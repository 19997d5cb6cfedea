/**
 * MCP over the stdin and stdout of a program: one JSON-RPC message a line. Owns the program for as long as the connection
 * lives and tells why it ended; lines that are no messages are skipped, the first is kept to tell people of it.
 */
import type { JSONRPCMessage, Transport } from "@modelcontextprotocol/client";
import { deserializeMessage, serializeMessage } from "@modelcontextprotocol/client";
import type { Clock } from "../../runtime/clock";
import { isRecord } from "../../runtime/json";
import { Lines } from "./lines";
import type { Ending, ProgramSpec } from "./program";
import { Program } from "./program";

/** The protocol that servers are asked about before they are spoken to. */
const NEWER = "2026-07-28";
/** The longest message that is read, in bytes: more than an API server would store of its answer. */
const LONGEST_LINE = 16 * 1024 * 1024;
/** How much of a line that is no message is kept, in characters. */
const JUNK_CHARACTERS = 200;
/** How long the end of a program that no longer reads is awaited, milliseconds. */
const LAST_WORDS_MS = 500;
/** How long a program may take to end when nobody said otherwise, milliseconds. */
const GRACE_MS = 4_000;

/** Nothing was written: the program had ended, or was never started. */
export class NotWrittenError extends Error {
  override name = "NotWrittenError";
}

/** What is known of the program's side of the conversation. */
export interface ProgramReport {
  ending?: Ending;
  /** The first line on its stdout that was no message. */
  junk?: string;
  /** It wrote a line that was too long to be read. */
  isOverlong: boolean;
  /** The tail of stderr, not redacted. */
  lastWords: string;
}

/** The SDK's transport, over a program's pipes. */
export class StdioTransport implements Transport {
  onclose?: (() => void) | undefined;
  onerror?: ((error: Error) => void) | undefined;
  onmessage?: ((message: JSONRPCMessage) => void) | undefined;
  /** The SDK (client 2.4.0, versionNegotiation) knows a local pipe by a transport that has `stderr` and `pid`. */
  readonly stderr = null;
  readonly #spec: ProgramSpec;
  readonly #clock: Clock;
  readonly #lines = new Lines(LONGEST_LINE);
  #program: Program | undefined;
  #junk: string | undefined;
  #isOverlong = false;
  #isNewer = false;
  #isClosed = false;

  constructor(spec: ProgramSpec, clock: Clock) {
    this.#spec = spec;
    this.#clock = clock;
  }

  get pid(): number | null {
    return this.#program?.pid ?? null;
  }

  /** What the program has done so far. */
  get report(): ProgramReport {
    const ending = this.#program?.ending;
    return {
      ...(ending === undefined ? {} : { ending }),
      ...(this.#junk === undefined ? {} : { junk: this.#junk }),
      isOverlong: this.#isOverlong,
      lastWords: this.#program?.tail ?? "",
    };
  }

  /** Whether the program has said, however late, that it speaks the protocol of 2026-07-28. */
  get isNewer(): boolean {
    return this.#isNewer;
  }

  /** Starts the program. Throws `NotWrittenError` when it cannot be started; `report` says why. */
  async start(): Promise<void> {
    if (this.#isClosed) throw new NotWrittenError("closed before it was started");
    const program = new Program(this.#spec, this.#clock);
    this.#program = program;
    program.listen(
      (chunk) => this.#read(chunk),
      () => void this.close(),
    );
    void program.ended.then(() => this.#end());
    await program.started;
    if (program.ending?.kind === "NotStarted") throw new NotWrittenError("could not be started");
  }

  async send(message: JSONRPCMessage): Promise<void> {
    const program = this.#program;
    if (program === undefined || this.#isClosed || program.ending !== undefined) {
      throw new NotWrittenError("the program has ended");
    }
    if (await program.write(serializeMessage(message))) return;
    // It has closed its stdin, most likely because it is ending; how it ended says more than a broken pipe.
    await program.endedWithin(LAST_WORDS_MS);
    throw new Error("the program no longer reads its stdin");
  }

  async close(): Promise<void> {
    await this.shut(GRACE_MS);
  }

  /** Ends the program and all that it started, by SIGKILL after `graceMs`; resolves when they are gone. */
  async shut(graceMs: number): Promise<void> {
    this.#isClosed = true;
    await this.#program?.end(graceMs);
    this.#end();
  }

  #end(): void {
    this.#isClosed = true;
    const { onclose } = this;
    this.onclose = undefined;
    onclose?.();
  }

  #read(chunk: Buffer): void {
    if (this.#isOverlong) return;
    const lines = this.#lines.push(chunk);
    if (lines === undefined) {
      this.#isOverlong = true;
      void this.shut(GRACE_MS);
      return;
    }
    for (const line of lines) this.#readLine(line);
  }

  #readLine(line: string): void {
    if (line.trim() === "") return;
    let message: JSONRPCMessage;
    try {
      message = deserializeMessage(line);
    } catch {
      this.#junk ??= line.slice(0, JUNK_CHARACTERS);
      return;
    }
    this.#isNewer ||= tellsOfNewer(message);
    this.onmessage?.(message);
  }
}

/** Whether a message is the answer to `server/discover` of a server that speaks 2026-07-28, by its shape. */
function tellsOfNewer(message: JSONRPCMessage): boolean {
  const result: unknown = "result" in message ? message.result : undefined;
  const versions = isRecord(result) ? result["supportedVersions"] : undefined;
  return Array.isArray(versions) && versions.includes(NEWER);
}
