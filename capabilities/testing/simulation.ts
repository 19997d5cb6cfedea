/**
 * Plays a scenario: a fake cluster, a fake clock, a scripted model, and one process of the operator after another. It
 * kills processes at chosen outside calls, starts new ones with empty memory, and collects the evidence that the
 * invariants judge. Everything follows from the scenario and the options: the same give the same run.
 */
import { isDeepStrictEqual } from "node:util";
import { resources } from "../../crds/index";
import type { Neighbours, Operator } from "../operator";
import type { ClusterObject, Draft, Ref, Resource } from "../runtime/objects";
import { EVENTS } from "../runtime/event-body";
import { dice } from "./dice";
import { FakeClock } from "./fake-clock";
import { FakeCluster } from "./fake-cluster";
import type { Evidence, OutsideCall, Version } from "./invariants";
import { endings, violations } from "./invariants";
import type { Act, Scenario } from "./scenarios";
import { NAMESPACE, secrets } from "./scenarios";
import { ScriptedModel } from "./scripted-model";
import type { Moment, Surroundings } from "./simulation-process";
import { Process } from "./simulation-process";
import type { Storm } from "./simulation-weather";
import { fairWeather, storm } from "./simulation-weather";

/** A death: at the outside call of that number (1 is the first of the run), and where in it. */
export interface Kill {
  call: number;
  moment: Moment;
}

export interface Options {
  seed?: number;
  kills?: Kill[];
  /** Bad weather, and until when; after that it is fair, so that everything can still end well. */
  storm?: Storm & { untilMs: number };
  /** After all is done: how long nothing may happen. */
  quietMs?: number;
  /** Something else in the place of the operator. */
  operator?: (neighbours: Neighbours) => Operator;
}

export interface Run {
  /** The sentences of the promise that did not hold. */
  violations: string[];
  evidence: Evidence;
  model: ScriptedModel;
  processes: number;
  /** Simulated milliseconds until all was done. */
  tookMs: number;
}

/** How long the supervisor takes to start the next process. */
const RESTART_MS = 30;
/** Time for events to be told and writes to come back once every task is where it should be. */
const AFTERMATH_MS = 45_000;
const QUIET_MS = 120_000;
/** How soon a process must have noticed what people did: in fair weather, and when it has to find out by itself. */
const NOTICE_MS = 1_000;
const STORMY_NOTICE_MS = 120_000;

const watched: Resource[] = [resources.llm, resources.agent, resources.task, secrets];

/** Plays `scenario` to its end. Rejects only when the simulation itself is wrong. */
export function play(scenario: Scenario, options: Options = {}): Promise<Run> {
  return new Simulation(scenario, options).run();
}

class Simulation {
  readonly #scenario: Scenario;
  readonly #options: Options;
  readonly #clock = new FakeClock();
  readonly #cluster: FakeCluster;
  readonly #model: ScriptedModel;
  readonly #start: number;
  readonly #evidence: Evidence;
  readonly #deletedByPeople = new Set<string>();
  readonly #random: () => number;
  #mark = 0;
  #calls = 0;
  #processes = 0;
  #process: Process | undefined;
  #checks = 0;
  #actsLeft: number;

  constructor(scenario: Scenario, options: Options) {
    this.#scenario = scenario;
    this.#options = options;
    this.#actsLeft = scenario.acts.length;
    this.#random = dice(options.seed ?? 1);
    this.#start = this.#clock.now().getTime();
    this.#cluster = new FakeCluster({ clock: this.#clock });
    this.#model = new ScriptedModel({
      clock: this.#clock,
      mark: () => this.#tick(),
      ...(scenario.scripts && { scripts: scenario.scripts }),
      verification: () => scenario.verification?.(this.#checks++) ?? { kind: "Verified", modelListed: true },
    });
    this.#evidence = {
      versions: [], calls: this.#model.calls, outside: [],
      expected: scenario.expected,
      isDisturbed: (options.kills ?? []).length > 0 || options.storm !== undefined,
      isStormy: options.storm !== undefined,
      deletedByPeople: this.#deletedByPeople,
      noticeMs: options.storm ? STORMY_NOTICE_MS : NOTICE_MS,
    };
  }

  async run(): Promise<Run> {
    this.#record();
    for (const { atMs, act } of this.#scenario.acts) this.#later(atMs, () => this.#do(act));
    this.#startProcess();
    const end = this.#start + this.#scenario.withinMs + (this.#options.storm?.untilMs ?? 0);
    while (this.#now() < end && !this.#isDone()) await this.#clock.step();
    const tookMs = this.#now() - this.#start;
    await this.#clock.advance(AFTERMATH_MS);
    this.#evidence.quietFrom = this.#clock.now();
    await this.#clock.advance(this.#options.quietMs ?? QUIET_MS);
    this.#process?.kill();
    return { violations: violations(this.#evidence), evidence: this.#evidence, model: this.#model, processes: this.#processes, tookMs };
  }
}
