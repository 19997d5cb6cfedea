/**
 * The simulation's people with kubectl: each looks after one question of one ToolCall and adds an entry to
 * `spec.approvals` as the Mutate webhook would leave it. Who comes too late is told so and writes nothing, as there.
 * Owns when they act; what an answer leads to is the operator's business.
 */
import type { Approval, Decided, QuestionKind, ToolCall } from "../../crds/index";
import { resources } from "../../crds/index";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";
import { digestOf } from "../toolcalls/question";
import type { FakeCluster } from "./fake-cluster";

/** Somebody with kubectl. Times are milliseconds. */
export interface Person {
  /** As the API server knows them. */
  name: string;
  /** The ToolCall's name, any when not given; and which of its questions: the first approval where nothing is said. */
  call?: string;
  kind?: QuestionKind;
  nth?: number;
  /** From the moment when the question is stored; 2 s when not given. */
  afterMs?: number;
  decision: Decided;
  comment?: string;
  /** What the entry says that admission would not have let through: the machine counts by itself. */
  forges?: Partial<Pick<Approval, "question" | "argumentsDigest" | "approver">>;
}

export interface PeopleOptions {
  clock: Clock;
  cluster: FakeCluster;
  namespace: string;
  people: Person[];
}

const AFTER_MS = 2_000;

export class People {
  readonly #options: PeopleOptions;
  /** The questions that calls have had, as `call/kind`, in order. */
  readonly #asked = new Map<string, string[]>();
  /** How many mean to act at a moment that has not come. */
  waiting = 0;

  constructor(options: PeopleOptions) {
    this.#options = options;
  }

  /** Somebody has written to a ToolCall: whoever waited for its question has it now. */
  notice(name: string): void {
    const call = this.#read(name);
    const id = openQuestion(call);
    const kind = call?.status?.question?.kind;
    if (id === undefined || kind === undefined) return;
    const asked = this.#asked.get(`${name}/${kind}`) ?? [];
    if (asked.includes(id)) return;
    asked.push(id);
    this.#asked.set(`${name}/${kind}`, asked);
    for (const person of this.#options.people)
      if (cares(person, name, kind, asked.length)) this.#plan(person, name, id);
  }

  #plan(person: Person, call: string, question: string): void {
    const { clock } = this.#options;
    this.waiting++;
    const act = (): void => void this.#answer(person, call, question).finally(() => this.waiting--);
    clock.at(after(clock, person.afterMs ?? AFTER_MS), act);
  }

  async #answer(person: Person, name: string, question: string): Promise<void> {
    const { clock, cluster, namespace } = this.#options;
    const { decision, comment, forges } = person;
    const call = this.#read(name);
    if (!call || openQuestion(call) !== question) return; // Too late, and told so.
    const entry: Approval = {
      decision,
      approver: person.name,
      at: clock.now().toISOString(),
      argumentsDigest: digestOf(call.spec.arguments),
      question,
      ...(comment !== undefined && { comment }),
      ...forges,
    };
    const approvals = [...(call.spec.approvals ?? []), entry];
    const { resourceVersion } = call.metadata;
    const patch = { metadata: { resourceVersion }, spec: { approvals } };
    const added = await cluster.mergePatch(resources.toolCall, { namespace, name }, patch);
    if (!added.ok && added.problem.kind === "conflict") return this.#answer(person, name, question);
  }

  #read(name: string): ToolCall | undefined {
    const { cluster, namespace } = this.#options;
    return cluster.read<ToolCall>(resources.toolCall, { namespace, name });
  }
}

/** Whether somebody looks after the nth question of that kind of a call. */
function cares(person: Person, name: string, asked: QuestionKind, place: number): boolean {
  const { call = name, kind = "Approval", nth = 1 } = person;
  return call === name && kind === asked && nth === place;
}

const parked = ["AwaitingHumanApproval", "AwaitingHumanInput", "OutcomeUnknown"];

/** The question that a call waits to be answered. */
function openQuestion(call: ToolCall | undefined): string | undefined {
  const { status = "", phase, externalCallID } = call?.status ?? {};
  return parked.includes(status) && phase === "Pending" ? externalCallID : undefined;
}
