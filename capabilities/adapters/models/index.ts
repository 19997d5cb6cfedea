/**
 * The models, as the machines see them: one question, one outcome. Puts the pieces in order: where to, wait for a turn,
 * make the history legal, ask once, read, check the output. Knows no vendor; those are in the files beside it.
 */
import { systemClock } from "../../runtime/clock";
import type { Clock } from "../../runtime/clock";
import { conclude } from "./answer";
import { codecOf } from "./codec";
import type { Endpoint, ModelEnvironment } from "./endpoint";
import { defaultSecretRef, endpointOf } from "./endpoint";
import type { Caller } from "./failure";
import { aborted, reportedFailure, unreadable, unusableKey } from "./failure";
import { Gate } from "./gate";
import type { ModelFailure, ModelOutcome, ModelRequest, Models, ModelTarget, TokenUsage, Verification } from "./port";
import { repair } from "./repair";
import type { Exchange, Exchanger } from "./transport";
import { createExchanger } from "./transport";
import { verifyTarget } from "./verify";
import type { Read } from "./wire";
import { addUsage, NO_USAGE } from "./wire";

/** How often a turn that Anthropic paused is resumed before what there is counts as unreadable. */
const MAX_RESUMES = 5;

/** The real models. `env` is the part of the operator's environment that redirects whole providers. */
export function createModels(options: { env: ModelEnvironment; clock?: Clock }): Models {
  const gate = new Gate(options.clock ?? systemClock);
  const exchange = createExchanger();
  const asker = { env: options.env, gate, exchange };
  return {
    ask: (target, request, signal) => ask(asker, target, request, signal),
    verify: (target, signal) => verify(asker, target, signal),
  };
}

interface Asker {
  env: ModelEnvironment;
  gate: Gate;
  exchange: Exchanger;
}

/** Where a call goes and who makes it, once both are known to be usable. */
interface Line {
  kind: "Line";
  endpoint: Endpoint;
  caller: Caller;
}

async function ask(
  asker: Asker,
  target: ModelTarget,
  request: ModelRequest,
  signal: AbortSignal,
): Promise<ModelOutcome> {
  const line = open(asker.env, target);
  if (line.kind === "Failure") return line;
  const visit = { llm: target.llm, estimatedTokens: estimate(request), signal };
  const outcome = await asker.gate.enter(visit, async () => {
    const value = await askOnce(asker.exchange, line, {
      target,
      request,
      signal,
    });
    const tokens = value.kind === "Answer" ? value.usage.inputTokens + value.usage.outputTokens : 0;
    return { value, tokens };
  });
  return outcome ?? aborted();
}

async function verify(asker: Asker, target: ModelTarget, signal: AbortSignal): Promise<Verification> {
  const line = open(asker.env, target);
  if (line.kind === "Failure") return line;
  return verifyTarget({
    exchange: asker.exchange,
    caller: line.caller,
    llm: target.llm,
    signal,
  });
}

function open(env: ModelEnvironment, target: ModelTarget): Line | ModelFailure {
  const { llm } = target;
  const endpoint = endpointOf(llm, env);
  if (endpoint.kind === "Failure") return endpoint;
  const secret = defaultSecretRef(llm);
  // Secrets made with echo end in a line break.
  const apiKey = target.apiKey?.trim();
  const caller: Caller = {
    endpoint,
    llm: llm.metadata.name,
    ...(secret === undefined ? {} : { secret }),
    ...(apiKey === undefined || apiKey === "" ? {} : { apiKey }),
  };
  return /[^\x20-\x7e]/.test(apiKey ?? "") ? unusableKey(caller) : { kind: "Line", endpoint, caller };
}

interface Question {
  target: ModelTarget;
  request: ModelRequest;
  signal: AbortSignal;
}

async function askOnce(exchanger: Exchanger, line: Line, question: Question): Promise<ModelOutcome> {
  const { endpoint, caller } = line;
  const { target, request, signal } = question;
  const { outputSchema, traceparent } = request;
  const codec = codecOf(endpoint.api);
  const body = codec.encode({
    endpoint,
    spec: target.llm.spec,
    conversation: repair(request.messages, endpoint),
    tools: request.tools,
    ...(outputSchema === undefined ? {} : { outputSchema }),
  });
  const exchange = {
    caller,
    spec: target.llm.spec,
    url: codec.path,
    body,
    timeoutMs: endpoint.timeoutMs,
    signal,
    ...(traceparent === undefined ? {} : { traceparent }),
  };
  const read = await readReply(exchanger, exchange);
  return read.kind === "Read" ? conclude(read, request, caller) : read;
}

/** Asks, and goes on asking while the provider has only paused. */
async function readReply(exchanger: Exchanger, exchange: Exchange & { body: object }): Promise<Read | ModelFailure> {
  const { caller } = exchange;
  const codec = codecOf(caller.endpoint.api);
  let { body } = exchange;
  let usage: TokenUsage = NO_USAGE;
  let before: unknown[] = [];
  for (let resumes = 0; resumes <= MAX_RESUMES; resumes++) {
    const reply = await exchanger({ ...exchange, body });
    if (reply.kind === "Failure") return reply;
    const reading = codec.read(reply.body, before);
    if (reading.kind === "Unreadable") return unreadable(reading.why, caller);
    if (reading.kind === "Reported") return reportedFailure(reading.error, caller);
    usage = addUsage(usage, reading.usage);
    if (reading.kind === "Read") return { ...reading, usage };
    before = reading.content;
    body = codec.goOnAfter(exchange.body, before);
  }
  return unreadable("was paused again and again", caller);
}

/** Tokens of a request before anybody counted them: four characters make about one. */
function estimate({ messages, tools }: ModelRequest): number {
  const text = messages.reduce(
    (sum, { content, toolCalls }) => sum + content.length + (toolCalls ? JSON.stringify(toolCalls).length : 0),
    0,
  );
  return Math.ceil((text + (tools.length === 0 ? 0 : JSON.stringify(tools).length)) / 4);
}
