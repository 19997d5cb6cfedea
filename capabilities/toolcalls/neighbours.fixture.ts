/** MCP servers and channels that do as a test says, and remember what they were told. For tests only. */
import type { Asked, Channels, ChannelTarget, Question } from "../adapters/channels/port";
import type { McpLink, McpOutcome, McpRequest, McpServers } from "../adapters/mcp/port";

/** MCP servers whose links are set, and whose calls wait until they are answered. */
export class ScriptedServers implements Pick<McpServers, "look" | "call" | "subscribe"> {
  readonly requests: (McpRequest & { uid: string; signal: AbortSignal })[] = [];
  readonly #links = new Map<string, McpLink>();
  readonly #listeners: ((uid: string) => void)[] = [];
  readonly #waiting: ((outcome: McpOutcome) => void)[] = [];

  look(uid: string): McpLink | undefined {
    return this.#links.get(uid);
  }

  subscribe(listener: (uid: string) => void): void {
    this.#listeners.push(listener);
  }

  call(uid: string, request: McpRequest, signal: AbortSignal): Promise<McpOutcome> {
    this.requests.push({ ...request, uid, signal });
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  connect(uid: string): void {
    const tools = [{ name: "fetch", inputSchema }];
    this.#links.set(uid, {
      kind: "Connected",
      since: new Date(0),
      serverInfo: {},
      protocolVersion: "2026-07-28",
      tools,
    });
    for (const listener of this.#listeners) listener(uid);
  }

  answer(outcome: McpOutcome): void {
    for (const resolve of this.#waiting.splice(0)) resolve(outcome);
  }
}

/** Channels that remember what is put, and say of it what a test says. */
export class ScriptedChannels implements Pick<Channels, "put" | "drop" | "look" | "hint" | "subscribe"> {
  readonly puts: { target: ChannelTarget; question: Question; wasSent: boolean }[] = [];
  readonly dropped: string[] = [];
  readonly hints: string[] = [];
  readonly #asked = new Map<string, Asked>();
  readonly #listeners: ((id: string) => void)[] = [];

  put(target: ChannelTarget, question: Question, wasSent: boolean): void {
    this.puts.push({ target, question, wasSent });
    if (!this.#asked.has(question.id)) this.be(question.id, { kind: "Sending" });
  }

  drop(id: string): void {
    this.dropped.push(id);
    this.#asked.delete(id);
  }

  look(id: string): Asked | undefined {
    return this.#asked.get(id);
  }

  hint(id: string): void {
    this.hints.push(id);
  }

  subscribe(listener: (id: string) => void): void {
    this.#listeners.push(listener);
  }

  be(id: string, asked: Asked): void {
    this.#asked.set(id, asked);
    for (const listener of this.#listeners) listener(id);
  }
}

export const inputSchema = { type: "object", properties: { url: { type: "string" } }, required: ["url"] };
