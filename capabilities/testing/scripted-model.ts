/**
 * A fake `Models` that answers by script, on whatever clock it is given, and remembers every call it saw. It is the
 * outside of the simulation: what it remembers is what a provider would have in its books. It honours the abort signal
 * and the LLM's own timeout as a real adapter does, and never looks at the cluster.
 */
import type { Message } from "../../crds/index";
import { durationMs } from "../../crds/index";
import { CallIds } from "../adapters/models/call-ids";
import type {
  ModelAnswer,
  ModelFailure,
  ModelOutcome,
  ModelRequest,
  Models,
  ModelTarget,
  Verification,
} from "../adapters/models/port";
import type { Clock } from "../runtime/clock";
import { after } from "../runtime/clock";

/** One call as the provider saw it. */
export interface SeenCall {
  /** 1 for the first call that this provider ever saw. */
  number: number;
  /** The last message of the user: what the task asks. */
  question: string;
  /** The uid of the task without its dashes, from the trace context. */
  trace: string;
  /** How many calls with this question came before, and this one. */
  nth: number;
  /** A copy of what was sent. */
  messages: Message[];
  /** The names of the tools that it was offered. */
  tools: string[];
  apiKey?: string;
  startedAt: Date;
  /** Whatever `mark` said when the call started: the simulation's order of all things. */
  mark: number;
  /** Absent while the call is in flight. */
  endedAt?: Date;
  outcome?: ModelOutcome;
}

/** What the model does with one call: an outcome after a while, or nothing until somebody loses patience. */
export interface Act {
  afterMs: number;
  outcome: ModelOutcome | "Never";
}

/** Acts in the order of the calls with one question; the last one is repeated for ever. */
export type Script = ((call: SeenCall) => Act)[];

/** How long a model thinks when a script does not say. */
const LATENCY_MS = 400;

const usage = { inputTokens: 10, outputTokens: 5, cachedInputTokens: 2 };

const answers =
  (more: (call: SeenCall) => Partial<ModelAnswer> & { message: Message }) =>
  (afterMs = LATENCY_MS) =>
  (call: SeenCall): Act => ({ afterMs, outcome: { kind: "Answer", stop: "Complete", usage, ...more(call) } });

const assistant = (content: string): Message => ({ role: "assistant", content });

/** A plain answer, different for every call. */
export const says = answers((call) => ({ message: assistant(`answer ${call.number} to "${call.question}"`) }));
/** An answer with nothing in it. */
export const saysNothing = answers(() => ({ message: assistant(" ") }));
/** An answer that the token limit has cut. */
export const isCut = answers((call) => ({ message: assistant(`answer ${call.number} to`), stop: "TokenLimit" }));
/** A refusal. */
export const refuses = answers((call) => ({
  message: assistant(`I would rather not (${call.number})`),
  stop: "Refusal",
}));
/** A refusal that is longer than any field for people takes. */
export const refusesAtLength = answers((call) => ({
  message: assistant(`I would rather not (${call.number}). `.repeat(2_000)),
  stop: "Refusal",
}));
/** One tool call that a model asks for. */
interface Wanted {
  name: string;
  /** JSON text; by default arguments that tell this call from all others. */
  arguments?: string;
  id?: string;
}

/** Tool calls in one answer, by the names that the model was given. */
export const uses = (...wanted: (string | Wanted)[]): ReturnType<typeof answers> =>
  answers((call) => ({
    stop: "ToolCalls",
    message: {
      role: "assistant",
      content: "",
      toolCalls: wanted
        .map((want) => (typeof want === "string" ? { name: want } : want))
        .map(({ name, id, arguments: given }: Wanted, i) => {
          const which = `${call.number}${String.fromCharCode(97 + i)}`;
          const text = given ?? JSON.stringify({ text: which });
          return { id: id ?? `call_${which}`, type: "function", function: { name, arguments: text } };
        }),
    },
  }));
/** Two calls in one answer, of a tool that no agent offers. */
export const wantsTools = uses("search", "search");

/** One act for each answer that stands in the conversation already: a call that is repeated is answered as before. */
export const inTurn =
  (...acts: Script): Script[number] =>
  (call) => {
    const asked = call.messages.findLastIndex(({ role }) => role === "user");
    const turns = call.messages.slice(asked).filter(({ role }) => role === "assistant").length;
    return (acts[Math.min(turns, acts.length - 1)] ?? says())(call);
  };

const fails =
  (failure: Omit<ModelFailure, "kind">, afterMs = 50) =>
  (): Act => ({ afterMs, outcome: { kind: "Failure", ...failure } });

/** 429, with the wait that the provider asks for, if it asks for one. */
export const isBusy = (retryAfterMs?: number): ((call: SeenCall) => Act) =>
  fails({
    retryable: true,
    reason: "RateLimited",
    httpStatus: 429,
    message: "The provider asks for patience (429)",
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  });
/** 503. */
export const breaks = (): ((call: SeenCall) => Act) =>
  fails({ retryable: true, reason: "ProviderError", httpStatus: 503, message: "The provider is overloaded (503)" });
/** 400. */
export const rejects = (): ((call: SeenCall) => Act) =>
  fails({
    retryable: false,
    reason: "InvalidRequest",
    httpStatus: 400,
    message: "The provider rejects the request (400): change it",
  });
/** An answer that is not what the task's outputSchema asks for: no use, but to be paid for. */
export const misses = (): ((call: SeenCall) => Act) =>
  fails({ retryable: true, reason: "OutputMismatch", message: "The answer does not fit spec.outputSchema", usage });
/** No answer until somebody hangs up. */
export const hangs = () => (): Act => ({ afterMs: 0, outcome: "Never" });

export interface ScriptedModelOptions {
  clock: Clock;
  /** By question; a question without a script is answered plainly. */
  scripts?: Record<string, Script>;
  /** How `verify` answers; verified when not given. Called anew for each check. */
  verification?: (target: ModelTarget) => Verification;
  /** Read when a call starts, to order it among everything else that happened. */
  mark?: () => number;
}

const DEFAULT_TIMEOUT_MS = 600_000;

export class ScriptedModel implements Models {
  /** Every call ever seen, in the order in which they started. */
  readonly calls: SeenCall[] = [];
  /** Every check ever seen: the LLM and the key it came with. */
  readonly checks: { llm: string; apiKey?: string; at: Date }[] = [];
  /** The most calls that were in flight at once. */
  mostInFlight = 0;
  #inFlight = 0;
  readonly #options: ScriptedModelOptions;

  constructor(options: ScriptedModelOptions) {
    this.#options = options;
  }

  /** Calls that have started and not ended. */
  get inFlight(): number {
    return this.#inFlight;
  }

  ask(target: ModelTarget, request: ModelRequest, signal: AbortSignal): Promise<ModelOutcome> {
    const call = this.#see(target, request);
    const { afterMs, outcome } = this.#actOf(call);
    const { clock } = this.#options;
    const timeoutMs = durationMs(target.llm.spec.limits?.timeout) ?? DEFAULT_TIMEOUT_MS;
    const isInTime = outcome !== "Never" && afterMs < timeoutMs;
    return new Promise((resolve) => {
      const end = (how: ModelOutcome): void => {
        if (call.endedAt) return;
        call.endedAt = clock.now();
        call.outcome = how;
        this.#inFlight--;
        cancel();
        resolve(how);
      };
      const cancel = clock.at(after(clock, isInTime ? afterMs : timeoutMs), () => end(isInTime ? outcome : timeout));
      const abort = (): void => end(aborted);
      if (signal.aborted) queueMicrotask(abort);
      else signal.addEventListener("abort", abort, { once: true });
    });
  }

  async verify(target: ModelTarget): Promise<Verification> {
    const { clock, verification } = this.#options;
    this.checks.push({
      llm: target.llm.metadata.name,
      at: clock.now(),
      ...(target.apiKey !== undefined && { apiKey: target.apiKey }),
    });
    await new Promise<void>((resolve) => void clock.at(after(clock, 20), resolve));
    return verification?.(target) ?? { kind: "Verified", modelListed: true };
  }

  #see(target: ModelTarget, request: ModelRequest): SeenCall {
    const question = request.messages.findLast(({ role }) => role === "user")?.content ?? "";
    const call: SeenCall = {
      number: this.calls.length + 1,
      question,
      trace: request.traceparent?.split("-")[1] ?? "",
      nth: this.calls.filter((other) => other.question === question).length + 1,
      messages: JSON.parse(JSON.stringify(request.messages)) as Message[],
      tools: request.tools.map(({ name }) => name),
      startedAt: this.#options.clock.now(),
      mark: this.#options.mark?.() ?? 0,
      ...(target.apiKey !== undefined && { apiKey: target.apiKey }),
    };
    this.calls.push(call);
    this.#inFlight++;
    this.mostInFlight = Math.max(this.mostInFlight, this.#inFlight);
    return call;
  }

  #actOf(call: SeenCall): Act {
    const script = this.#options.scripts?.[call.question] ?? [];
    const act = script[Math.min(call.nth, script.length) - 1] ?? says();
    return withUniqueIds(act(call), call.messages);
  }
}

/** As the port promises: no two calls of a conversation have the same id, whatever the model says. */
function withUniqueIds(act: Act, conversation: Message[]): Act {
  if (act.outcome === "Never" || act.outcome.kind !== "Answer" || !act.outcome.message.toolCalls) return act;
  const ids = new CallIds(
    { provider: "openai" },
    conversation.flatMap(({ toolCalls = [] }) => toolCalls.map(({ id }) => id)),
  );
  const toolCalls = act.outcome.message.toolCalls.map((call) => ({ ...call, id: ids.next(call.id) }));
  return { ...act, outcome: { ...act.outcome, message: { ...act.outcome.message, toolCalls } } };
}

const timeout: ModelFailure = {
  kind: "Failure",
  retryable: true,
  reason: "Timeout",
  message: "The model did not answer in time",
};
const aborted: ModelFailure = { kind: "Failure", retryable: true, reason: "Aborted", message: "The call was aborted" };
