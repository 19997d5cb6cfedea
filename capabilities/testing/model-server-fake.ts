/**
 * A pretended provider for contract tests: keeps what it received, answers from a queue, checks every request as the vendor
 * would. The vendors' own rules and formats are in `fake-openai.ts` and `fake-anthropic.ts`.
 */
import type { Answer, Fault, Json, Received } from "./model-server-http";
import { startJsonServer } from "./model-server-http";

/** A neutral reply, written in the vendor's format by the fake. */
export interface Reply {
  text?: string;
  calls?: { id: string; name: string; arguments: string }[];
  /** Why the model stopped; done or tool calls when left out. */
  stop?: "length" | "refusal";
  usage?: { input: number; output: number; cached: number };
  /** Thinking that must come back verbatim. */
  thinking?: string;
}

/** What the fake does with one request. */
export type Step = { reply: Reply; delayMs?: number } | { body: unknown } | { fault: Fault; delayMs?: number };

/** A running fake. */
export interface FakeProvider {
  /** What an LLM's `baseUrl` should be. */
  url: string;
  /** Every request received, the refused ones included. */
  requests: Received[];
  /** The bodies of all requests for an answer. */
  bodies(): Json[];
  /** What comes next, in this order; afterwards, a plain text. */
  next(...steps: Step[]): void;
  close(): Promise<void>;
}

/** What makes a provider a vendor's. */
export interface Vendor {
  /** The path an LLM's `baseUrl` ends in. */
  path: string;
  models: string[];
  /** The model list in the vendor's format, or undefined where the server has none. */
  list(models: string[]): unknown;
  /** The fault for a request the vendor would refuse. */
  refuse(request: Received): Fault | undefined;
  /** Whether the path asks for an answer. */
  answers(path: string): boolean;
  write(reply: Reply, request: Received): unknown;
}

/** The key every fake takes; any other is refused. */
export const FAKE_KEY = "sk-fake-0123456789";

/** Starts a fake of `vendor` on loopback. */
export async function startFake(vendor: Vendor): Promise<FakeProvider> {
  const requests: Received[] = [];
  const steps: Step[] = [];
  const respond = (request: Received): Answer => {
    requests.push(request);
    const path = request.url.split("?")[0] ?? "";
    const refused = vendor.refuse(request);
    if (refused) return { kind: "Fault", fault: refused };
    const wantsList = path.endsWith("/models");
    if (!wantsList && !vendor.answers(path)) return { kind: "Fault", fault: { kind: "Status", status: 404 } };
    const step = steps.shift();
    if (step !== undefined) return act(step, vendor, request);
    return wantsList
      ? { kind: "Json", body: vendor.list(vendor.models) }
      : {
          kind: "Json",
          body: vendor.write({ text: "Hello from the fake." }, request),
        };
  };
  const server = await startJsonServer(0, respond);
  return {
    url: `${server.origin}${vendor.path}`,
    requests,
    bodies: () => requests.filter(({ method }) => method === "POST").map(({ body }) => body as Json),
    next: (...more) => void steps.push(...more),
    close: () => server.close(),
  };
}

function act(step: Step, vendor: Vendor, request: Received): Answer {
  const late = "delayMs" in step && step.delayMs !== undefined ? { delayMs: step.delayMs } : {};
  if ("fault" in step) return { kind: "Fault", fault: step.fault, ...late };
  if ("body" in step) return { kind: "Json", body: step.body };
  return { kind: "Json", body: vendor.write(step.reply, request), ...late };
}

/** A refusal in the format `{error: {type, message}}`. */
export function refusalOf(status: number, type: string, message: string): Fault {
  return {
    kind: "Status",
    status,
    body: { type: "error", error: { type, message } },
  };
}
