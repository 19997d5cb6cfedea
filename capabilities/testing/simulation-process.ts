/**
 * One process of the operator in the simulation: an operator whose every way outside leads through a gate. At the gate
 * calls are counted, processes are killed (before a call leaves, while it is away, or after it took effect but before
 * the caller hears), and, where the run has weather, calls fail. A dead process reaches nothing and hears nothing.
 */
import type { Models } from "../adapters/models/port";
import type { Neighbours, Operator } from "../operator";
import { createOperator } from "../operator";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import type { Cluster } from "../runtime/cluster";
import { failed } from "../runtime/errors";
import type { Result } from "../runtime/errors";
import { createRecorder } from "../runtime/events";
import { silentLog } from "../runtime/log";
import type { ClusterObject, Ref, Resource } from "../runtime/objects";
import { createSecrets, SECRETS } from "../runtime/secrets";
import type { Phase } from "../runtime/store";
import type { Weather } from "./simulation-weather";

/** Where in an outside call the process dies. `during` is for calls that take time: those to a model. */
export type Moment = "before" | "during" | "after";

/** What surrounds a process: the same for all processes of a run. */
export interface Surroundings {
  clock: Clock;
  cluster: Cluster;
  models: Models;
  weather: Weather;
  random: () => number;
  /** Counts an outside call and says when in it the process is to die, if it is. */
  enter(process: Process, what: string, name: string): Moment | undefined;
  /** Called once, when the process has died. */
  died(process: Process): void;
  /** Every object of these kinds as it is now, and every change from now on. Returns the way out. */
  watch(listener: (object: ClusterObject, phase: Phase) => void): () => void;
  /** Somebody else writes to this object right now. */
  disturb(resource: Resource, ref: Ref): void;
  /** By default the operator itself. */
  operator?: (neighbours: Neighbours) => Operator;
}

/** What a dead process waits for. */
function never<T>(): Promise<T> {
  return new Promise<T>(() => undefined);
}

export class Process {
  readonly number: number;
  readonly operator: Operator;
  readonly #around: Surroundings;
  readonly #death = new AbortController();
  #deafen: () => void = () => undefined;
  #onSecret: ((object: ClusterObject, deleted: boolean) => void) | undefined;

  /** Starts at once, knowing nothing. */
  constructor(number: number, around: Surroundings) {
    this.number = number;
    this.#around = around;
    const clock = this.#clock();
    const cluster = this.#cluster();
    const log = silentLog;
    this.operator = (around.operator ?? createOperator)({
      clock, cluster, log,
      random: around.random,
      models: this.#models(),
      recorder: createRecorder({ cluster, clock, log, instance: `process-${number}` }),
      secrets: createSecrets({ cluster, clock, log, watch: (_resource, onChange) => this.#watchSecrets(onChange) }),
    });
    this.operator.start();
    this.#deafen = around.watch((object, phase) => this.#hear(object, phase));
  }

  get isAlive(): boolean {
    return !this.#death.signal.aborted;
  }

  /** Ends at once: nothing is finished, nothing is told. */
  kill(): void {
    if (!this.isAlive) return;
    this.#death.abort();
    this.#deafen();
    this.#around.died(this);
  }

  /** Every event arrives later, and as often as the weather has it. */
  #hear(object: ClusterObject, phase: Phase): void {
    for (const delivery of this.#around.weather.deliveries(object, phase)) {
      this.#later(delivery.afterMs, () => this.#notice(structuredClone(delivery.object), delivery.phase));
    }
  }

  #notice(object: ClusterObject, phase: Phase): void {
    const { llms, agents, tasks } = this.operator;
    switch (object.kind) {
      case "LLM":
        return llms.notice(object as Parameters<typeof llms.notice>[0], phase);
      case "Agent":
        return agents.notice(object as Parameters<typeof agents.notice>[0], phase);
      case "Task":
        return tasks.notice(object as Parameters<typeof tasks.notice>[0], phase);
      case SECRETS.kind:
        return this.#onSecret?.(object, phase === "DELETED");
    }
  }

  #watchSecrets(onChange: (change: { meta: ClusterObject["metadata"]; deleted: boolean }) => void): ReturnType<NonNullable<Parameters<typeof createSecrets>[0]["watch"]>> {
    this.#onSecret = ({ metadata }, deleted) => onChange({ meta: metadata, deleted });
    return { stop: () => (this.#onSecret = undefined), synced: Promise.resolve(), isLive: () => this.#around.weather.isSecretWatchLive() };
  }

  #later(ms: number, run: () => void): () => void {
    return this.#clock().at(after(this.#around.clock, ms), run);
  }

  #clock(): Clock {
    const { clock } = this.#around;
    return {
      now: () => clock.now(),
      at: (when, run) => clock.at(when, () => { if (this.isAlive) run(); }),
    };
  }

  /** The way of every call: leaves, if the process lives; comes back, if it still does. */
  async #pass<T>(what: string, name: string, act: () => Promise<T>): Promise<T> {
    if (!this.isAlive) return never();
    const moment = this.#around.enter(this, what, name);
    if (moment === "before") return this.#die();
    const acting = act();
    if (moment === "during") this.#later(this.#around.weather.midCallMs, () => this.kill());
    const result = await acting;
    if (!this.isAlive) return never();
    return moment === "after" ? this.#die() : result;
  }

  #die<T>(): Promise<T> {
    this.kill();
    return never();
  }

  /** A call to the API server, through the weather. */
  #call<T>(verb: keyof Cluster, resource: Resource, ref: Partial<Ref>, act: () => Promise<Result<T>>): Promise<Result<T>> {
    const { weather, disturb } = this.#around;
    return this.#pass(`${verb} ${resource.plural}`, ref.name ?? "", async () => {
      const trouble = weather.trouble(verb);
      if (trouble === "Conflict" && ref.name !== undefined) disturb(resource, { namespace: ref.namespace ?? "", name: ref.name });
      if (trouble === "Refused") return failed(weather.refusal());
      const result = await act();
      return trouble === "AnswerLost" ? failed(weather.refusal()) : result;
    });
  }

  #cluster(): Cluster {
    const { cluster } = this.#around;
    return {
      get: (resource, ref, options) => this.#call("get", resource, ref, () => cluster.get(resource, ref, options)),
      create: (resource, object) => this.#call("create", resource, object.metadata, () => cluster.create(resource, object)),
      replaceStatus: (resource, object) => this.#call("replaceStatus", resource, object.metadata, () => cluster.replaceStatus(resource, object)),
      remove: (resource, target) => this.#call("remove", resource, target, () => cluster.remove(resource, target)),
      mergePatch: (resource, ref, patch) => this.#call("mergePatch", resource, ref, () => cluster.mergePatch(resource, ref, patch)),
      listMetadata: (resource, page) => this.#call("listMetadata", resource, {}, () => cluster.listMetadata(resource, page)),
    };
  }

  /** A dead process's connections go with it, which is how the model learns of its death. */
  #models(): Models {
    const { models } = this.#around;
    const until = (signal: AbortSignal): AbortSignal => AbortSignal.any([signal, this.#death.signal]);
    return {
      ask: (target, request, signal) => this.#pass("ask", target.llm.metadata.name, () => models.ask(target, request, until(signal))),
      verify: (target, signal) => this.#pass("verify", target.llm.metadata.name, () => models.verify(target, until(signal))),
    };
  }
}
