/**
 * The MCP servers of the simulation's world: outside every process, so they survive kills and remember what they did.
 * `servers` gives one process its way to them. What is recorded is what a server saw: an effect happens some
 * milliseconds after the request has left and before the answer, so a process killed in between never hears of it.
 */
import type { MCPTool } from "../../crds/index";
import type { McpAbout, McpLink, McpOutcome, McpRequest, McpServers, McpTarget } from "../adapters/mcp/port";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import { isSameJson } from "../runtime/same-json";
import { FakeMcpConnection } from "./fake-mcp-connection";

/** What a tool does with one call: an outcome, silence, or the end of the whole server. */
export type ToolAct = Extract<McpOutcome, { kind: "Result" | "InputRequired" | "Refused" }> | "Hangs" | "Dies";

export interface FakeTool extends MCPTool {
  /** From sending to the effect; 5 ms when not given. */
  reachMs?: number;
  /** From the effect to the answer; 200 ms when not given. */
  latencyMs?: number;
  act: (call: SeenToolCall) => ToolAct;
}

/** A server; times are milliseconds since the world began. */
export interface FakeServer {
  tools: FakeTool[];
  /** From the start of an attempt to its end; 20 ms when not given. `Infinity` hangs. */
  connectMs?: number;
  /** Spells in which nobody reaches it; connections are lost when one begins. */
  away?: { fromMs: number; toMs: number }[];
  /** From that moment on it has other tools, and says so. */
  changes?: { atMs: number; tools: FakeTool[] }[];
}

/** One call as its server saw it. */
export interface SeenToolCall {
  /** 1 for the first call that was ever sent to any server. */
  number: number;
  /** The MCPServer's name and the tool's own. */
  server: string;
  tool: string;
  annotations?: Record<string, unknown>;
  key: string;
  /** How many calls with this key came before, and this one. */
  nth: number;
  /** The trace id of the trace context, empty without one. */
  trace: string;
  arguments: Record<string, unknown>;
  /** What continues a call that asked for something. */
  requestState?: string;
  inputResponses?: Record<string, unknown>;
  /** Which process sent it. */
  process: number;
  sentAt: Date;
  /** Whatever `mark` said when it was sent: the simulation's order of all things. */
  mark: number;
  /** When the tool did its work; absent when the request never reached it, was refused, or was answered by a question. */
  executedAt?: Date;
  /** When the answer went out on a connection that was still open, and what it was. */
  answeredAt?: Date;
  answer?: McpOutcome;
  /** When the caller had lost patience, or hope; and the mark of that moment. */
  givenUpAt?: Date;
  givenUpMark?: number;
}

export interface FakeMcpOptions {
  clock: Clock;
  /** The server that a target leads to; nobody is there when undefined. */
  server: (target: McpTarget) => FakeServer | undefined;
  /** Read when a call is sent or given up, to order it among everything else that happened. */
  mark?: () => number;
}

/** One process as the world knows it. */
export interface FakeMcpProcess {
  number: number;
  /** Its own clock, whose timers end with it. */
  clock: Clock;
  /** Aborted when it is killed; its connections go with it. */
  death: AbortSignal;
}

/** What one call goes over. */
export interface FakeMcpLine {
  target: McpTarget;
  process: number;
  /** Whether the connection that the call began on has ended. */
  isCut(): boolean;
  /** Whether anybody still waits for the answer. */
  isHeard(): boolean;
  answer(outcome: McpOutcome): void;
  /** Ends the connection. */
  lose(why: string): void;
}

const REACH_MS = 5;
const LATENCY_MS = 200;

export class FakeMcp {
  /** Every call ever sent, in order. */
  readonly calls: SeenToolCall[] = [];
  readonly #options: FakeMcpOptions;
  readonly #start: number;

  constructor(options: FakeMcpOptions) {
    this.#options = options;
    this.#start = options.clock.now().getTime();
  }

  /** The connections of one process, none to begin with. */
  servers(process: FakeMcpProcess): McpServers {
    return new FakeMcpServers(this, process);
  }

  /** Orders this moment among all that happened. */
  get mark(): number {
    return this.#options.mark?.() ?? 0;
  }

  /** What answers at a target now; undefined when nobody does. */
  reach(target: McpTarget): FakeServer | undefined {
    const server = this.#options.server(target);
    const now = this.#sinceStart();
    return server?.away?.some(({ fromMs, toMs }) => fromMs <= now && now < toMs) ? undefined : server;
  }

  /** What it says about itself now. */
  about(target: McpTarget): McpAbout {
    return {
      serverInfo: { name: target.name, version: "1.0.0" },
      protocolVersion: "2025-11-25",
      tools: this.#toolsAt(target).map(({ reachMs: _reach, latencyMs: _latency, act: _act, ...tool }) => tool),
    };
  }

  /** When a server is next going to be away or to have other tools. */
  nextTurn(target: McpTarget): Date | undefined {
    const { away = [], changes = [] } = this.#options.server(target) ?? {};
    const now = this.#sinceStart();
    const turns = [...away.map(({ fromMs }) => fromMs), ...changes.map(({ atMs }) => atMs)].filter((ms) => ms > now);
    return turns.length === 0 ? undefined : new Date(this.#start + Math.min(...turns));
  }

  /**
   * A request leaves. The tool does its work whether or not the sender lives on; only a server that runs beside its
   * process, or is away by then, never gets it.
   */
  send(request: McpRequest, line: FakeMcpLine): SeenToolCall {
    const { clock } = this.#options;
    const { target } = line;
    const tool = this.#toolsAt(target).find(({ name }) => name === request.tool);
    const call: SeenToolCall = {
      number: this.calls.length + 1,
      server: target.name,
      tool: request.tool,
      ...(tool?.annotations && { annotations: tool.annotations }),
      key: request.idempotencyKey,
      nth: this.calls.filter(({ key }) => key === request.idempotencyKey).length + 1,
      trace: request.traceparent?.split("-")[1] ?? "",
      ...sent(request),
      process: line.process,
      sentAt: clock.now(),
      mark: this.mark,
    };
    this.calls.push(call);
    clock.at(after(clock, tool?.reachMs ?? REACH_MS), () => {
      if (!this.reach(target) || (target.transport === "stdio" && line.isCut())) return;
      if (tool) this.#execute(tool, call, line);
      else line.answer({ kind: "Refused", message: `MCP error -32602: Tool ${call.tool} not found` });
    });
    return call;
  }

  #execute(tool: FakeTool, call: SeenToolCall, line: FakeMcpLine): void {
    const { clock } = this.#options;
    const act = tool.act(call);
    if (act === "Hangs" || act === "Dies" || act.kind === "Result") call.executedAt = clock.now();
    if (act === "Hangs") return;
    clock.at(after(clock, tool.latencyMs ?? LATENCY_MS), () => {
      if (line.isCut()) return;
      if (act === "Dies") return line.lose("it ended in the middle of a call");
      if (!line.isHeard()) return;
      call.answeredAt = clock.now();
      call.answer = act;
      line.answer(act);
    });
  }

  #toolsAt(target: McpTarget): FakeTool[] {
    const { tools = [], changes = [] } = this.#options.server(target) ?? {};
    return changes.findLast(({ atMs }) => atMs <= this.#sinceStart())?.tools ?? tools;
  }

  #sinceStart(): number {
    return this.#options.clock.now().getTime() - this.#start;
  }
}

/** What goes over the wire is a copy, as JSON. */
function sent({ arguments: given, requestState, inputResponses }: McpRequest): Sent {
  const body = { arguments: given, requestState, inputResponses };
  return JSON.parse(JSON.stringify(body)) as Sent;
}

type Sent = Pick<SeenToolCall, "arguments" | "requestState" | "inputResponses">;

/** What one process has of the servers. */
class FakeMcpServers implements McpServers {
  readonly #world: FakeMcp;
  readonly #process: FakeMcpProcess;
  readonly #connections = new Map<string, FakeMcpConnection>();
  readonly #listeners: ((uid: string) => void)[] = [];

  constructor(world: FakeMcp, process: FakeMcpProcess) {
    this.#world = world;
    this.#process = process;
  }

  follow(target: McpTarget): void {
    if (this.#process.death.aborted) return;
    const before = this.#connections.get(target.uid);
    if (before && isSameJson(before.target, target)) return;
    before?.retire();
    const connection = new FakeMcpConnection({
      world: this.#world,
      process: this.#process,
      target: structuredClone(target),
      changed: () => {
        if (this.#connections.get(target.uid) === connection) this.#tell(target.uid);
      },
    });
    this.#connections.set(target.uid, connection);
    this.#tell(target.uid);
  }

  drop(uid: string): void {
    const connection = this.#connections.get(uid);
    if (!connection) return;
    this.#connections.delete(uid);
    connection.close("The server was let go");
    this.#tell(uid);
  }

  look(uid: string): McpLink | undefined {
    return this.#connections.get(uid)?.link;
  }

  call(uid: string, request: McpRequest, signal: AbortSignal): Promise<McpOutcome> {
    const connection = this.#connections.get(uid);
    if (!connection) return Promise.resolve({ kind: "NotSent", message: "Nobody is connected to this server" });
    return connection.call(request, signal);
  }

  subscribe(listener: (uid: string) => void): void {
    this.#listeners.push(listener);
  }

  async close(): Promise<void> {
    for (const uid of [...this.#connections.keys()]) this.drop(uid);
  }

  #tell(uid: string): void {
    if (this.#process.death.aborted) return;
    for (const listener of this.#listeners) listener(uid);
  }
}
