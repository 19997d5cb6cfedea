/**
 * The model of a bench, a process of its own: an OpenAI-compatible server that answers every question after the same
 * time, and knows how many it was asked, how many at once, and which it was asked twice. Started with its latency in ms;
 * the first line it writes is its port.
 */
import type { Answer, Json, Received } from "../capabilities/testing/model-server-http";
import { isJson, objectsIn, startJsonServer } from "../capabilities/testing/model-server-http";

const latencyMs = Number(process.argv[2]);
const questions = new Set<string>();
const stats = { requests: 0, repeated: 0, inFlight: 0, maxInFlight: 0 };

function respond({ method, url, body }: Received): Answer {
  if (url === "/stats") return { kind: "Json", body: stats };
  if (url.endsWith("/models"))
    return {
      kind: "Json",
      body: { object: "list", data: [{ id: "bench", object: "model", created: 0, owned_by: "bench" }] },
    };
  if (method !== "POST" || !url.endsWith("/chat/completions"))
    return { kind: "Json", status: 404, body: { error: { message: `There is no ${url} here.` } } };
  count(isJson(body) ? body : {});
  return { kind: "Json", body: completion(), delayMs: latencyMs };
}

/** Every task asks something else, so whatever is asked again is a call made twice. */
function count(body: Json): void {
  const question = JSON.stringify(objectsIn(body["messages"]));
  stats.requests += 1;
  if (questions.has(question)) stats.repeated += 1;
  questions.add(question);
  stats.inFlight += 1;
  stats.maxInFlight = Math.max(stats.maxInFlight, stats.inFlight);
  setTimeout(() => (stats.inFlight -= 1), latencyMs);
}

function completion(): Json {
  return {
    id: `chatcmpl-${stats.requests}`,
    object: "chat.completion",
    created: Math.floor(Date.now() / 1_000),
    model: "bench",
    choices: [
      {
        index: 0,
        finish_reason: "stop",
        message: { role: "assistant", content: "The Moon does not have a capital.", refusal: null },
      },
    ],
    usage: { prompt_tokens: 30, completion_tokens: 8, total_tokens: 38 },
  };
}

async function run(): Promise<void> {
  const { origin } = await startJsonServer(0, respond);
  console.log(new URL(origin).port);
}

void run();
