/**
 * Plays a scenario: a fake cluster, a fake clock, a scripted model, scripted tools, and one process of the operator after another. It
 * kills processes at chosen outside calls, starts new ones with empty memory, and collects the evidence that the
 * invariants judge. Everything follows from the scenario and the options: the same give the same run.
 */
import type { Task } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Neighbours, Operator } from "../operator";
import type { ClusterObject, Ref, Resource } from "../runtime/objects";
import { splitKey } from "../runtime/objects";
import { dice } from "./dice";
import { FakeService } from "./fake-contact-service";
import { FakeClock } from "./fake-clock";
import { FakeCluster } from "./fake-cluster";
import { FakeMcp } from "./fake-mcp";
import type { Death, Evidence, OutsideCall } from "./invariants/index";
import { endingOf, violations } from "./invariants/index";
import type { Act, Scenario } from "./scenario";
import { NAMESPACE } from "./scenario";
import { ScriptedModel } from "./scripted-model";
import { People } from "./simulation-people";
import type { Fate, Moment } from "./simulation-process";
import { never, Process } from "./simulation-process";
import type { Storm, Trouble } from "./simulation-weather";
import { fairWatches, fairWeather, storm } from "./simulation-weather";

/** A death: at the outside call of that number (1 is the first of the run), and where in it. */
export interface Kill {
  call: number;
  moment: Moment;
}

/** A call to the API server that goes wrong, by its number. */
export interface Mishap {
  call: number;
  trouble: Trouble;
}

export interface Options {
  seed?: number;
  kills?: Kill[];
  mishaps?: Mishap[];
  storm?: Storm;
  /** One more restart when all is done. */
  restartAtRest?: boolean;
  /** After all is done: how long nothing may happen. */
  quietMs?: number;
  /** Something else in the place of the operator. */
  operator?: (neighbours: Neighbours) => Operator;
}

export interface Run {
  /** The sentences of the promise that did not hold. */
  violations: string[];
  evidence: Evidence;
  /** The outside calls at which killing is of interest: those made until all was done and told. */
  calls: OutsideCall[];
  processes: number;
}

/** How long the supervisor takes to start the next process. */
const RESTART_MS = 30;
/** Time for events to be told once every task is where it should be, and for the watches to calm down after a storm. */
const TELLING_MS = 3_000;
const CALMING_MS = 90_000;
/** What a deaf spell has cost is found by the comparison of everything that a process makes every ten minutes. */
const HEALING_MS = 900_000;
/** Longer than the 30 s between two looks of the watches' health checks. */
const QUIET_MS = 32_000;
/** How soon a process must have noticed what people did, in fair weather. */
const NOTICE_MS = 1_000;

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
  readonly #mcp: FakeMcp;
  readonly #service: FakeService;
  readonly #people: People;
  readonly #start = this.#clock.now().getTime();
  readonly #outside: OutsideCall[] = [];
  readonly #deaths: Death[] = [];
  readonly #deletedByPeople = new Set<string>();
  readonly #random: () => number;
  #processes = 0;
  #process: Process | undefined;
  #checks = 0;
  #isAtRest = false;
  #actsLeft: number;
  #judged = { writes: -1, isDone: false };

  constructor(scenario: Scenario, options: Options) {
    this.#scenario = scenario;
    this.#options = options;
    this.#actsLeft = scenario.acts.length;
    this.#random = dice(options.seed ?? 1);
    this.#cluster = new FakeCluster({ clock: this.#clock, random: this.#random, troubles: fairWatches });
    this.#cluster.onCall = ({ verb, resource, key, phase }) => {
      if (phase === "after" && verb === "replaceStatus" && resource.kind === resources.toolCall.kind)
        this.#people.notice(splitKey(key).name);
      return undefined;
    };
    this.#people = new People({
      clock: this.#clock,
      cluster: this.#cluster,
      namespace: NAMESPACE,
      people: scenario.people ?? [],
    });
    this.#service = new FakeService({
      clock: this.#clock,
      mark: () => this.#mark,
      contact: ({ name }) => scenario.contacts?.[name],
      hint: ({ id }) => this.#process?.hint(id),
      post: ({ id }, answer) => this.#process?.take(id, answer) ?? never(),
    });
    this.#mcp = new FakeMcp({
      clock: this.#clock,
      mark: () => this.#mark,
      server: ({ name }) => scenario.servers?.[name],
    });
    this.#model = new ScriptedModel({
      clock: this.#clock,
      mark: () => this.#mark,
      ...(scenario.scripts && { scripts: scenario.scripts }),
      verification: () => scenario.verification?.(this.#checks++) ?? { kind: "Verified", modelListed: true },
    });
  }

  async run(): Promise<Run> {
    const { withinMs, acts } = this.#scenario;
    for (const { atMs, act } of acts) this.#later(atMs, () => void this.#do(act));
    if (this.#options.storm) this.#brew(this.#options.storm);
    this.#startProcess();
    const end = this.#start + withinMs + this.#patience;
    await this.#clock.advanceUntil(() => this.#now() >= end || this.#isDone());
    await this.#clock.advance(TELLING_MS);
    const calls = [...this.#outside];
    await this.#clock.advance(this.#patience);
    const quietFrom = this.#clock.now();
    this.#isAtRest = true;
    if (this.#options.restartAtRest) this.#process?.kill();
    await this.#clock.advance(this.#options.quietMs ?? QUIET_MS);
    const evidence = this.#evidence(quietFrom);
    this.#process?.kill();
    return { violations: violations(evidence), evidence, calls, processes: this.#processes };
  }

  /** How much longer everything may take on account of the weather. */
  get #patience(): number {
    const { storm: storms } = this.#options;
    if (!storms) return 0;
    return storms.untilMs + (storms.deafSpells > 0 ? HEALING_MS : CALMING_MS);
  }

  /** When everybody has noticed that the servers that go away are back: attempts to connect come at ever longer intervals. */
  get #settledAt(): number {
    const { servers = {}, withinMs } = this.#scenario;
    const spells = Object.values(servers).flatMap(({ away = [] }) => away);
    const ends = spells.map(({ fromMs, toMs }) => 2 * toMs - fromMs + TELLING_MS);
    return this.#start + Math.max(0, ...ends.filter((ms) => ms < withinMs));
  }

  /** Orders everything that happened: how much had been written by then. */
  get #mark(): number {
    return this.#cluster.history.length;
  }

  #now(): number {
    return this.#clock.now().getTime();
  }

  #later(ms: number, run: () => void): void {
    this.#clock.at(new Date(this.#now() + ms), run);
  }

  #evidence(quietFrom: Date): Evidence {
    const { storm: storms, kills = [], mishaps = [] } = this.#options;
    const isStormy = storms !== undefined || mishaps.length > 0;
    // What an orderly stop may leave behind when the API server does not answer is what a kill leaves behind.
    const stops = isStormy ? this.#scenario.acts.filter(({ act }) => act.do === "Stop").length : 0;
    return {
      versions: this.#cluster.history.map(({ at, phase, object }, i) => ({
        mark: i + 1,
        at,
        change: phase === "DELETED" ? "Deleted" : "Stored",
        object,
      })),
      calls: this.#model.calls,
      toolCalls: this.#mcp.calls,
      questions: this.#service.items,
      misheard: this.#service.violations,
      outside: this.#outside,
      deaths: [...this.#deaths],
      expected: this.#scenario.expected,
      kills: kills.length + stops,
      isStormy,
      deletedByPeople: this.#deletedByPeople,
      noticeMs: NOTICE_MS + this.#patience,
      quietFrom,
    };
  }

  /** Whether people have done all they meant to, a process is there, and every task is where it should end. */
  #isDone(): boolean {
    if (this.#actsLeft > 0 || this.#people.waiting > 0 || !this.#process?.isAlive || this.#now() < this.#settledAt)
      return false;
    if (this.#options.storm && this.#now() < this.#start + this.#options.storm.untilMs) return false;
    if (this.#judged.writes === this.#mark) return this.#judged.isDone;
    const isDone = Object.entries(this.#scenario.expected).every(([name, { ends }]) =>
      ends.includes(endingOf(this.#cluster.read<Task>(resources.task, { namespace: NAMESPACE, name }))),
    );
    this.#judged = { writes: this.#mark, isDone };
    return isDone;
  }

  #startProcess(): void {
    const { storm: storms, operator } = this.#options;
    const isOver = (): boolean => storms === undefined || this.#now() >= this.#start + storms.untilMs;
    this.#process = new Process(++this.#processes, {
      clock: this.#clock,
      cluster: this.#cluster,
      models: this.#model,
      mcp: this.#mcp,
      service: this.#service,
      random: this.#random,
      weather: storms ? storm(storms, this.#random, isOver) : fairWeather,
      enter: (process, what, name) => this.#enter(process, what, name),
      died: ({ number }) => {
        this.#deaths.push({ process: number, mark: this.#mark, at: this.#clock.now() });
        this.#later(RESTART_MS, () => this.#startProcess());
      },
      disturb: (resource, ref) => this.#disturb(resource, ref),
      ...(operator && { operator }),
    });
  }

  #enter(process: Process, what: string, name: string): Fate {
    this.#outside.push({ mark: this.#mark, at: this.#clock.now(), process: process.number, what, name });
    if (this.#isAtRest) return {};
    const { kills = [], mishaps = [] } = this.#options;
    const here = <T extends { call: number }>(fates: T[]): T | undefined =>
      fates.find(({ call }) => call === this.#outside.length);
    const [dies, trouble] = [here(kills)?.moment, here(mishaps)?.trouble];
    return { ...(dies && { dies }), ...(trouble && { trouble }) };
  }

  async #disturb(resource: Resource, ref: Ref): Promise<void> {
    const annotations = { "example.com/touched": String(this.#mark) };
    await this.#cluster.mergePatch(resource, ref, { metadata: { annotations } });
  }

  async #do(act: Act): Promise<void> {
    await this.#act(act);
    this.#actsLeft--;
  }

  async #act(act: Act): Promise<void> {
    switch (act.do) {
      case "Apply":
        return this.#apply(act.resource, act.object);
      case "Patch":
        await this.#cluster.mergePatch(act.resource, { namespace: NAMESPACE, name: act.name }, act.patch);
        return;
      case "Delete":
        return this.#remove(act.resource, act.name);
      case "Stop": {
        const stopping = this.#process;
        void stopping?.operator.stop(act.graceMs).then(() => stopping.kill());
      }
    }
  }

  async #apply(resource: Resource, object: Extract<Act, { do: "Apply" }>["object"]): Promise<void> {
    const created = await this.#cluster.create<ClusterObject>(resource, object);
    if (created.ok) return;
    const { metadata: _same, ...body } = object;
    await this.#cluster.mergePatch(resource, object.metadata, body);
  }

  async #remove(resource: Resource, name: string): Promise<void> {
    const live = this.#cluster.read(resource, { namespace: NAMESPACE, name });
    if (!live) return;
    this.#deletedByPeople.add(live.metadata.uid);
    await this.#cluster.remove(resource, { namespace: NAMESPACE, name, uid: live.metadata.uid });
  }

  /** The storm's part that comes by itself: deaf spells and reports of ends that never were. */
  #brew({ untilMs, lagMs, repeated, displaced, falseDeletions, deafSpells }: Storm): void {
    const { watches } = this.#cluster;
    const { tool: _tool, taskRun: _taskRun, ...watched } = resources;
    const kinds: Resource[] = Object.values(watched);
    const any = <T>(values: T[]): T | undefined => values[Math.floor(this.#random() * values.length)];
    watches.troubles = { lagMs, repeated, displaced };
    for (let i = 0; i < falseDeletions; i++) {
      this.#later(this.#random() * untilMs, () => {
        const resource = any(kinds) ?? resources.task;
        const object = any(this.#cluster.all(resource));
        if (object) watches.pretend(resource, object, "DELETED");
      });
    }
    for (let i = 0; i < deafSpells; i++) {
      const resource = any(kinds) ?? resources.task;
      this.#later(this.#random() * untilMs, () => watches.deafen(resource));
    }
    this.#later(untilMs, () => {
      watches.troubles = fairWatches;
      for (const resource of kinds) watches.heal(resource);
    });
  }
}
