/**
 * Whether an LLM's key and address work, found out for nothing where the server lists its models, and for one token where
 * the LLM says so. A model that is not in the list is no failure: lists leave out aliases and private models.
 */
import type { LLM } from "../../../crds/index";
import { codecOf } from "./codec";
import type { Caller } from "./failure";
import { reportedFailure, unreadable } from "./failure";
import { describeServer } from "./endpoint";
import type { ModelFailure, Verification } from "./port";
import { RESPONSES_MIN_TOKENS } from "./refusals";
import { repair } from "./repair";
import type { Exchange, Exchanger } from "./transport";
import { isRecord } from "../../runtime/json";

/** What there is to verify, and by what means. */
export interface Verifying {
  exchange: Exchanger;
  caller: Caller;
  llm: LLM;
  signal: AbortSignal;
}

/** How long the free call may take, in milliseconds: a list is there at once or not at all. */
const LIST_TIMEOUT_MS = 30_000;

/** Verifies as `spec.verify` says. */
export async function verifyTarget(verifying: Verifying): Promise<Verification> {
  switch (verifying.llm.spec.verify ?? "Models") {
    case "None":
      return { kind: "Verified" };
    case "Completion":
      return verifyByCompletion(verifying);
    default:
      return verifyByList(verifying);
  }
}

async function verifyByList(verifying: Verifying): Promise<Verification> {
  const { exchange, caller } = verifying;
  const { endpoint } = caller;
  const reply = await exchange({
    ...common(verifying),
    url: endpoint.modelsUrl,
    timeoutMs: Math.min(LIST_TIMEOUT_MS, endpoint.timeoutMs),
  });
  if (reply.kind === "Failure") return explained(reply, caller);
  const body = reply.body;
  if (isRecord(body) && isRecord(body["error"])) return reportedFailure(body["error"], caller);
  const list = isRecord(body) ? body["data"] : undefined;
  if (!isRecord(body) || !Array.isArray(list)) return unreadable("is no list of models", caller);
  const listed = list.filter(isRecord).some(({ id }) => typeof id === "string" && isModel(id, endpoint.model));
  // Azure lists what could be deployed, not the deployments; a list with more pages has not been read to its end.
  const conclusive = listed || (endpoint.provider !== "azure" && body["has_more"] !== true);
  return { kind: "Verified", ...(conclusive ? { modelListed: listed } : {}) };
}

/** Google puts `models/` before a name, Ollama `:latest` behind it, Anthropic a date. */
function isModel(listed: string, wanted: string): boolean {
  const name = listed.replace(/^models\//, "");
  if (name === wanted.replace(/^models\//, "") || name === `${wanted}:latest`) return true;
  return name.startsWith(`${wanted}-`) && /^\d{8}$/.test(name.slice(wanted.length + 1));
}

async function verifyByCompletion(verifying: Verifying): Promise<Verification> {
  const { exchange, caller, llm } = verifying;
  const { endpoint } = caller;
  const codec = codecOf(endpoint.api);
  const tiny = endpoint.api === "openai.responses" ? RESPONSES_MIN_TOKENS : 1;
  // Thinking and effort would demand more tokens than are bought here.
  const spec: LLM["spec"] = {
    provider: llm.spec.provider,
    parameters: { maxTokens: tiny },
  };
  const body = codec.encode({
    endpoint,
    spec,
    conversation: repair([{ role: "user", content: "Hello" }], endpoint),
    tools: [],
  });
  const reply = await exchange({
    ...common(verifying),
    url: codec.path,
    body,
    timeoutMs: endpoint.timeoutMs,
  });
  if (reply.kind === "Failure") return reply;
  const reading = codec.read(reply.body, []);
  if (reading.kind === "Unreadable") return unreadable(reading.why, caller);
  if (reading.kind === "Reported") return reportedFailure(reading.error, caller);
  return { kind: "Verified" };
}

function common({ caller, llm, signal }: Verifying): Pick<Exchange, "caller" | "spec" | "signal"> {
  return { caller, spec: llm.spec, signal };
}

/** What a failure to list models means for the person who wrote the LLM. */
function explained(failure: ModelFailure, caller: Caller): ModelFailure {
  const elsewhere = `set spec.verify of LLM "${caller.llm}" to "Completion", which buys one token, or to "None"`;
  if ([404, 405, 501].includes(failure.httpStatus ?? 0)) {
    return {
      kind: "Failure",
      retryable: false,
      reason: "ModelNotFound",
      httpStatus: failure.httpStatus ?? 404,
      message: `There is no list of models at ${caller.endpoint.modelsUrl} (${failure.httpStatus}). If the address is right, ${elsewhere}.`,
    };
  }
  return failure.httpStatus === 403
    ? {
        ...failure,
        message: `${failure.message} If the key may ask the model but not list models at ${describeServer(caller.endpoint)}, ${elsewhere}.`,
      }
    : failure;
}
