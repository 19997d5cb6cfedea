// One request, asked until there is an answer worth having. Owns repetition: the same bytes, a few times, with short jittered
// pauses, within one deadline. It remembers whether an attempt without an answer may have been carried out; what that means is
// for cluster-calls.ts to say.
import type { ApiAnswer, ApiRequest, ApiServer } from "./api-server";
import { pause, type Clock } from "./clock";
import { codeOf, failed, ok, toProblem, type Problem, type Result } from "./errors";

/** Who is asked, and by whose clock and dice. `random` returns [0, 1). */
export interface Line {
  server: ApiServer;
  clock: Clock;
  random: () => number;
}

/** What came of asking. */
export type Heard =
  /** An answer that repeating would not change. `isRepeat`: an earlier attempt may have been carried out, unheard by us. */
  { kind: "Answer"; answer: ApiAnswer; isRepeat: boolean } | { kind: "NoAnswer"; problem: Problem };

const ATTEMPTS = 4;
/** The pauses between attempts: 50, 200, 800 ms, each shortened at random by up to half. */
const FIRST_PAUSE_MS = 50;
const PAUSE_GROWTH = 4;
/** A server that wants a longer pause than this is not waited for here: the queue knows how to wait. */
const LONGEST_ASKED_PAUSE_MS = 2_000;

/** A call without an answer. */
interface Broken {
  thrown: unknown;
}

/** Sends a request that is safe to send again, up to four times. Never rejects. */
export async function ask(line: Line, request: ApiRequest): Promise<Heard> {
  const now = (): number => line.clock.now().getTime();
  const deadline = now() + request.timeoutMs;
  let isRepeat = false;
  for (let attempt = 1; ; attempt++) {
    const timeoutMs = Math.max(1, deadline - now());
    const tried = await tryOnce(line.server, { ...request, timeoutMs });
    const problem = problemOf(tried);
    if (problem?.kind !== "retryable" && "status" in tried) return { kind: "Answer", answer: tried, isRepeat };
    const pauseMs = pauseBeforeNext(attempt, problem, line.random());
    if (pauseMs === undefined || now() + pauseMs >= deadline)
      return { kind: "NoAnswer", problem: problem ?? toProblem(undefined) };
    isRepeat ||= mayHaveHappened(tried);
    await pause(line.clock, pauseMs);
  }
}

/** The answer as a value, or as the problem it is. */
export function toResult<T>(heard: Heard): Result<T> {
  if (heard.kind === "NoAnswer") return failed(heard.problem);
  if (!isSuccess(heard.answer)) return failed(toProblem(heard.answer));
  try {
    return ok(JSON.parse(heard.answer.body) as T);
  } catch {
    const message = "The API server's answer was not JSON. Is there a proxy in between?";
    return failed({ kind: "retryable", message });
  }
}

async function tryOnce(server: ApiServer, request: ApiRequest): Promise<ApiAnswer | Broken> {
  try {
    return await server.call(request);
  } catch (thrown) {
    return { thrown };
  }
}

function problemOf(tried: ApiAnswer | Broken): Problem | undefined {
  if (!("status" in tried)) return toProblem(tried.thrown);
  return isSuccess(tried) ? undefined : toProblem(tried);
}

function pauseBeforeNext(attempt: number, problem: Problem | undefined, random: number): number | undefined {
  if (attempt >= ATTEMPTS) return undefined;
  const asked = problem?.kind === "retryable" ? (problem.retryAfterMs ?? 0) : 0;
  if (asked > LONGEST_ASKED_PAUSE_MS) return undefined;
  const own = FIRST_PAUSE_MS * PAUSE_GROWTH ** (attempt - 1) * (1 - random / 2);
  return Math.max(own, asked);
}

/** A refused connection and a 429 prove that nothing was done; a cut connection and a 5xx do not. */
function mayHaveHappened(tried: ApiAnswer | Broken): boolean {
  if ("status" in tried) return tried.status !== 429;
  const code = codeOf(tried.thrown) ?? "";
  return !NEVER_SENT.has(code);
}

const NEVER_SENT = new Set(["ECONNREFUSED", "ENOTFOUND", "EAI_AGAIN", "UND_ERR_CONNECT_TIMEOUT"]);

function isSuccess(answer: ApiAnswer): boolean {
  return answer.status >= 200 && answer.status < 300;
}
