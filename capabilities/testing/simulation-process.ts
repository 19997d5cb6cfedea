/**
 * One process of the operator in the simulation: an operator whose every way outside leads through a gate. At the gate
 * calls are counted, processes are killed (before a call leaves, while it is away, or after it took effect but before
 * the caller hears), and, where the run has weather, calls fail. A dead process reaches nothing and hears nothing.
 */
import type { Agent, LLM, Task } from "../../crds/index";
import { resources } from "../../crds/index";
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
import type { FakeClock, ProcessClock } from "./fake-clock";
import type { FakeCluster } from "./fake-cluster";
import type { Trouble, Weather } from "./simulation-weather";

/** Where in an outside call the process dies. `during` is for calls that take time: those to a model. */
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

/** How long after its start a call to a model is cut when it is cut on the way: less than any script takes to answer. */
const MID_CALL_MS = 30;

/** What a dead process waits for. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

export class Process {
  readonly number: number;
  readonly operator: Operator;
  readonly #around: Surroundings;
  readonly #death = new AbortController();
  readonly #clock: ProcessClock;
  #watches: (() => void)[] = [];

  /** Starts at once, knowing nothing. */
  constructor(number: number, around: Surroundings) {
    this.number = number;
    this.#around = around;
    this.#clock = around.clock.process();
    const { watches } = around.cluster;
    const cluster = this.#cluster();
    const [clock, log] = [this.#clock, silentLog];
    this.operator = (around.operator ?? createOperator)({
      clock,
      cluster,
      log,
      random: around.random,
      environment: {},
      models: this.#models(),
      recorder: createRecorder({ cluster, clock, log, instance: `process-${number}` }),
      secrets: createSecrets({
        cluster,
        clock,
        log,
        watch: (resource, onChange) => watches.watchMetadata(resource, this.#whileAlive(onChange)),
      }),
    });
    const { llms, agents, tasks } = this.operator;
    this.operator.start();
    if (!this.isAlive) return; // Killed at its very first call.
    this.#watches = [
      watches.watch(resources.llm, (object, phase) => llms.notice(object as LLM, phase)),
      watches.watch(resources.agent, (object, phase) => agents.notice(object as Agent, phase)),
      watches.watch(resources.task, (object, phase) => tasks.notice(object as Task, phase)),
    ];
  }

  get isAlive(): boolean {
    return !this.#death.signal.aborted;
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
}
