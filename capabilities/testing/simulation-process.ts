/**
 * One process of the operator in the simulation: an operator whose every way outside leads through a gate. At the gate
 * calls are counted, processes are killed (before a call leaves, while it is away, or after it took effect but before
 * the caller hears), and, where the run has weather, calls fail. A dead process reaches nothing and hears nothing.
 */
import type { Agent, ContactChannel, LLM, MCPServer, Task, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Taken } from "../adapters/channels/desk";
import type { Channels, Heard } from "../adapters/channels/port";
import type { McpServers } from "../adapters/mcp/port";
import type { Models } from "../adapters/models/port";
import type { Neighbours, Operator } from "../operator";
import { createOperator } from "../operator";
import { after } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import { failed } from "../runtime/errors";
import type { Result } from "../runtime/errors";
import { createRecorder } from "../runtime/events";
import { silentLog } from "../runtime/log";
import type { Ref, Resource } from "../runtime/objects";
import { createSecrets } from "../runtime/secrets";
import type { Ended } from "../runtime/within-time";
import { createFakeChannels } from "./fake-channels";
import type { FakeClock, ProcessClock } from "./fake-clock";
import type { FakeCluster } from "./fake-cluster";
import type { FakeService } from "./fake-contact-service";
import type { FakeMcp } from "./fake-mcp";
import { holderOf } from "./invariants/effects";
import type { Trouble, Weather } from "./simulation-weather";

/** Where in an outside call the process dies. `during` is for calls that take time: those to a model, a tool or a service. */
export type Moment = "before" | "during" | "after";

/** What befalls one call: the process dies in it, or it goes wrong. */
export interface Fate {
  dies?: Moment;
  trouble?: Trouble;
}

/** What surrounds a process: the same for all processes of a run. */
export interface Surroundings {
  clock: FakeClock;
  cluster: FakeCluster;
  models: Models;
  mcp: FakeMcp;
  service: FakeService;
  weather: Weather;
  random: () => number;
  /** Counts an outside call and says what is to befall it, apart from the weather. */
  enter(process: Process, what: string, name: string): Fate;
  /** Called once, when the process has died. */
  died(process: Process): void;
  /** Somebody else writes to this object. */
  disturb(resource: Resource, ref: Ref): Promise<void>;
  /** By default the operator itself. */
  operator?: (neighbours: Neighbours) => Operator;
}

/** How long after its start a call to a model or a tool is cut when it is cut on the way: less than any takes to answer. */
const MID_CALL_MS = 30;

/** What a dead process waits for, and who waits for one. */
export function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

/** A run must not depend on how busy this machine is: a watchdog would, and nothing in the scenarios takes for ever. */
function unwatched<T>(work: () => T): Ended<T> {
  try {
    return { kind: "Done", value: work() };
  } catch (error) {
    const { name, message } = error instanceof Error ? error : new Error(String(error));
    return { kind: "Threw", name, message };
  }
}

export class Process {
  readonly number: number;
  readonly operator: Operator;
  readonly #around: Surroundings;
  readonly #death = new AbortController();
  readonly #clock: ProcessClock;
  readonly #channels: Channels;
  #watches: (() => void)[] = [];

  /** Starts at once, knowing nothing. */
  constructor(number: number, around: Surroundings) {
    this.number = number;
    this.#around = around;
    this.#clock = around.clock.process();
    const { watches } = around.cluster;
    const cluster = this.#cluster();
    const [clock, log] = [this.#clock, silentLog];
    this.#channels = this.#makeChannels();
    this.operator = (around.operator ?? createOperator)({
      clock,
      cluster,
      log,
      random: around.random,
      within: unwatched,
      environment: {},
      models: this.#models(),
      mcp: this.#mcp(),
      channels: this.#channels,
      holder: holderOf(number),
      recorder: createRecorder({ cluster, clock, log, instance: holderOf(number) }),
      secrets: createSecrets({
        cluster,
        clock,
        log,
        watch: (resource, onChange) => watches.watchMetadata(resource, this.#whileAlive(onChange)),
      }),
    });
    const { llms, agents, mcpServers, contactChannels, tasks, toolCalls } = this.operator;
    this.operator.start();
    if (!this.isAlive) return; // Killed at its very first call.
    this.#watches = [
      watches.watch(resources.llm, (object, phase) => llms.notice(object as LLM, phase)),
      watches.watch(resources.agent, (object, phase) => agents.notice(object as Agent, phase)),
      watches.watch(resources.mcpServer, (object, phase) => mcpServers.notice(object as MCPServer, phase)),
      watches.watch(resources.contactChannel, (object, phase) =>
        contactChannels.notice(object as ContactChannel, phase),
      ),
      watches.watch(resources.task, (object, phase) => tasks.notice(object as Task, phase)),
      watches.watch(resources.toolCall, (object, phase) => toolCalls.notice(object as ToolCall, phase)),
    ];
  }

  get isAlive(): boolean {
    return !this.#death.signal.aborted;
  }

  /** Somebody outside says that a question may be answered; nobody hears it when the process is dead. */
  hint(id: string): void {
    if (this.isAlive) this.#channels.hint(id);
  }

  /** Somebody outside sends an answer, whose signature is right. */
  async take(id: string, answer: Heard): Promise<Taken> {
    if (!this.isAlive) return never();
    const taken = await this.operator.toolCalls.desk.take(id, { ...answer });
    return this.isAlive ? taken : never();
  }

  /** Ends at once: nothing is finished, nothing is told. */
  kill(): void {
    if (!this.isAlive) return;
    this.#death.abort();
    this.#clock.kill();
    for (const deafen of this.#watches) deafen();
    this.#around.died(this);
  }

  #whileAlive<T>(listener: (value: T) => void): (value: T) => void {
    return (value) => {
      if (this.isAlive) listener(value);
    };
  }

  /** The way of every call: leaves, if the process lives; comes back, if it still does. */
  async #pass<T>(what: string, name: string, act: (trouble: Trouble | undefined) => Promise<T>): Promise<T> {
    if (!this.isAlive) return never();
    const { dies, trouble } = this.#around.enter(this, what, name);
    if (dies === "before") return this.#die();
    const acting = act(trouble);
    if (dies === "during") this.#clock.at(after(this.#clock, MID_CALL_MS), () => this.kill());
    const result = await acting;
    if (!this.isAlive) return never();
    return dies === "after" ? this.#die() : result;
  }

  #die<T>(): Promise<T> {
    this.kill();
    return never();
  }

  /** A call to the API server, through the weather. */
  #call<T>(
    verb: keyof Cluster,
    resource: Resource,
    ref: Partial<Ref>,
    act: () => Promise<Result<T>>,
  ): Promise<Result<T>> {
    const around = this.#around;
    const { weather } = around;
    return this.#pass(`${verb} ${resource.plural}`, ref.name ?? "", async (fated) => {
      const trouble = fated ?? weather.trouble(verb);
      if (trouble === "Conflict" && ref.name !== undefined)
        await around.disturb(resource, { namespace: ref.namespace ?? "", name: ref.name });
      if (trouble === "Refused") return failed(weather.refusal());
      const result = await act();
      return trouble === "AnswerLost" ? failed(weather.refusal()) : result;
    });
  }

  #cluster(): Cluster {
    const { cluster } = this.#around;
    return {
      get: (resource, ref) => this.#call("get", resource, ref, () => cluster.get(resource, ref)),
      create: (resource, object) =>
        this.#call("create", resource, object.metadata, () => cluster.create(resource, object)),
      replaceStatus: (resource, object) =>
        this.#call("replaceStatus", resource, object.metadata, () => cluster.replaceStatus(resource, object)),
      remove: (resource, target) => this.#call("remove", resource, target, () => cluster.remove(resource, target)),
      mergePatch: (resource, ref, patch) =>
        this.#call("mergePatch", resource, ref, () => cluster.mergePatch(resource, ref, patch)),
      listMetadata: (resource, page) =>
        this.#call("listMetadata", resource, {}, () => cluster.listMetadata(resource, page)),
    };
  }

  /** A dead process's connections go with it, which is how the model learns of its death. */
  #models(): Models {
    const { models } = this.#around;
    const until = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, this.#death.signal]);
    return {
      ask: (target, request, signal) =>
        this.#pass("ask", target.llm.metadata.name, () => models.ask(target, request, until(signal))),
      verify: (target, signal) =>
        this.#pass("verify", target.llm.metadata.name, () => models.verify(target, until(signal))),
    };
  }

  /** Only calls lead outside; what is known of a server is in this process. */
  #mcp(): McpServers {
    const servers = this.#around.mcp.servers({ number: this.number, clock: this.#clock, death: this.#death.signal });
    return {
      follow: (target) => servers.follow(target),
      drop: (uid) => servers.drop(uid),
      look: (uid) => servers.look(uid),
      subscribe: (listener) => servers.subscribe(this.#whileAlive(listener)),
      close: (graceMs) => servers.close(graceMs),
      call: (uid, request, signal) => this.#pass("mcp.call", request.tool, () => servers.call(uid, request, signal)),
    };
  }

  /** Only requests to a service lead outside; what is known of a question is in this process. */
  #makeChannels(): Channels {
    const channels = createFakeChannels({
      service: this.#around.service,
      clock: this.#clock,
      process: this.number,
      pass: (what, name, act) => this.#pass(what, name, act),
    });
    const subscribe: Channels["subscribe"] = (listener) => channels.subscribe(this.#whileAlive(listener));
    return {
      check: (target, signal) => channels.check(target, signal),
      put: (target, question, wasSent) => channels.put(target, question, wasSent),
      drop: (id) => channels.drop(id),
      look: (id) => channels.look(id),
      hint: (id) => channels.hint(id),
      close: (graceMs) => channels.close(graceMs),
      subscribe,
    };
  }
}
