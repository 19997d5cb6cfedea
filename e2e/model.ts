/**
 * The scripted model of capabilities/testing with what a test needs on top: it can be told what to do with a question (else
 * the question's own directives hold), wants a key if the test says so, and remembers who asked what and when.
 */
import { FORMATS } from "../capabilities/testing/model-server-formats";
import type { Step } from "../capabilities/testing/model-server-fake";
import type { Answer, Fault, Json, Received } from "../capabilities/testing/model-server-http";
import { isJson, objectsIn, startJsonServer } from "../capabilities/testing/model-server-http";
import { nextMove } from "../capabilities/testing/model-server-script";

/** One call as it was received. */
export interface Call {
  /** The last message of the user. */
  question: string;
  messages: { role: string; content: string }[];
  body: Json;
  atMs: number;
}

export interface Model {
  /** What an LLM's `baseUrl` should be. */
  url: string;
  /** What to do with calls of this question, one after the other; the last one for all that follow. */
  on(question: string, ...steps: Step[]): void;
  /** The failure that the list of models is from now on; undefined: none. */
  failList(fault: Fault | undefined): void;
  /** The calls of a question, in order. */
  asked(question: string): Call[];
  all(): readonly Call[];
  /** How many calls have neither an answer nor a closed connection, and how many had at most. */
  load(): { inFlight: number; maxInFlight: number };
  close(): Promise<void>;
}

/** Words of a question that have the scripted model call a tool. */
export function call(tool: string, args: object = {}): string {
  return `[call:${tool} ${JSON.stringify(args)}]`;
}

export interface ModelOptions {
  /** How long an answer takes; none when left out. */
  latencyMs?: () => number;
  /** The only key that is taken; without it, anybody may ask. */
  key?: () => string;
}

/** Starts a model on loopback. */
export async function startModel({ latencyMs, key }: ModelOptions = {}): Promise<Model> {
  const calls: Call[] = [];
  const scripts = new Map<string, Step[]>();
  const conversations = new Map<string, number>();
  let listFault: Fault | undefined;

  const respond = (received: Received): Answer => {
    const { url, headers } = received;
    if (key && headers.authorization !== `Bearer ${key()}`) return refusedKey(headers.authorization);
    if (url === "/v1/models") return listFault ? { kind: "Fault", fault: listFault } : modelList;
    return speak(received);
  };
  const speak = (received: Received): Answer => {
    const format = FORMATS[received.url];
    if (!format || !isJson(received.body)) return { kind: "Fault", fault: { kind: "Status", status: 404 } };
    const asked = format.read(received.body);
    const before = conversations.get(asked.digest) ?? 0;
    conversations.set(asked.digest, before + 1);
    calls.push({ question: asked.user, messages: messagesIn(received.body), body: received.body, atMs: Date.now() });
    const step = nextOf(scripts.get(asked.user)) ?? stepOf(nextMove(asked, [], before), latencyMs);
    return act(step, (reply) => format.write(reply, received));
  };
  const server = await startJsonServer(0, respond);
  return {
    url: `${server.origin}/v1`,
    on: (question, ...steps) => void scripts.set(question, steps),
    failList: (fault) => void (listFault = fault),
    asked: (question) => calls.filter((call) => call.question === question),
    all: () => calls,
    load: () => server.load(),
    close: () => server.close(),
  };
}

function nextOf(steps: Step[] = []): Step | undefined {
  return steps.length > 1 ? steps.shift() : steps[0];
}

function stepOf(move: ReturnType<typeof nextMove>, latencyMs: (() => number) | undefined): Step {
  const delayMs = move.latencyMs ?? latencyMs?.();
  const late = delayMs === undefined ? {} : { delayMs };
  return move.kind === "Fault" ? { fault: move.fault, ...late } : { reply: move.reply, ...late };
}

function act(step: Step, write: (reply: Extract<Step, { reply: unknown }>["reply"]) => unknown): Answer {
  const late = "delayMs" in step && step.delayMs !== undefined ? { delayMs: step.delayMs } : {};
  if ("fault" in step) return { kind: "Fault", fault: step.fault, ...late, counted: true };
  return { kind: "Json", body: "body" in step ? step.body : write(step.reply), ...late, counted: true };
}

function messagesIn(body: Json): Call["messages"] {
  return objectsIn(body["messages"]).map(({ role, content }) => ({ role: String(role), content: String(content) }));
}

const modelList: Answer = {
  kind: "Json",
  body: {
    object: "list",
    data: ["gpt-4o", "gpt-4o-mini"].map((id) => ({ id, object: "model", created: 0, owned_by: "test" })),
  },
};

/** As OpenAI does it: what was given is quoted. */
function refusedKey(given = "Bearer none"): Answer {
  const message = `Incorrect API key provided: ${given.replace(/^Bearer /, "")}. You can find your API key on our website.`;
  const error = { message, type: "invalid_request_error", param: null, code: "invalid_api_key" };
  return { kind: "Fault", fault: { kind: "Status", status: 401, body: { error } } };
}
