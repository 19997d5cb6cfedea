/**
 * What listens for people's answers: notices of HumanLayer, which are never believed but a reason to look, and signed answers
 * to webhooks. Owns what it says over HTTP and the memory of posts already used; where an answer is kept is the desk's.
 */
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import type { Context } from "hono";
import type { Clock } from "../../runtime/clock";
import type { Log } from "../../runtime/log";
import type { AnswerBody } from "./answer-body";
import { answerIn, misfitOf, notificationIn, questionIn } from "./answer-body";
import type { Desk, OpenQuestion } from "./desk";
import { Recent } from "./recent";
import { SIGNATURE_WINDOW_MS, verify } from "./signature";

/** What a receiver is made of. */
export interface ReceiverOptions {
  desk: Desk;
  clock: Clock;
  log: Log;
}

/** Answers requests; whoever opens the port hands them over. */
export interface Receiver {
  fetch(request: Request): Promise<Response>;
}

/** The longest body that is read, bytes. */
const LONGEST_BODY = 1024 * 1024;
/** The same refusal is told to the desk no more often than this, milliseconds: an event counts, and costs a request. */
const TELL_AGAIN_MS = 10_000;

type Status = 200 | 202 | 400 | 401 | 403 | 404 | 409 | 413 | 422 | 500 | 503;

/** What is answered, in words. */
interface Said {
  status: Status;
  message: string;
}

const said = (status: Status, message: string): Said => ({ status, message });

/** The application: `POST /humanlayer`, `POST /answers`, `GET /healthz`. */
export function createReceiver({ desk, clock, log }: ReceiverOptions): Receiver {
  const app = new Hono();
  const answers = new Answers(desk, clock);
  const limit = bodyLimit({
    maxSize: LONGEST_BODY,
    onError: (c) => say(c, said(413, "The body is longer than 1 MiB.")),
  });
  app.get("/healthz", (c) => say(c, said(200, "ok")));
  app.post("/humanlayer", limit, async (c) => say(c, notice(desk, await c.req.text())));
  app.post("/answers", limit, async (c) => say(c, await answers.take(c.req.raw.headers, await c.req.text())));
  app.notFound((c) => say(c, said(404, "There is nothing here. Answers are posted to /answers.")));
  app.onError((error, c) => {
    log.error({ error: error.name, path: c.req.path }, "The receiver failed");
    return say(c, said(500, "The operator failed; try again later."));
  });
  return { fetch: async (request) => app.fetch(request) };
}

function say(c: Context, { status, message }: Said): Response {
  return c.json({ ok: status < 300, message }, status);
}

/** Nothing that a notice says is believed: it names an item, and the item is read where it is kept. */
function notice(desk: Desk, body: string): Said {
  const told = notificationIn(body);
  switch (told.kind) {
    case "Malformed":
      return said(400, "The body has to be a JSON object with event.call_id or call_id.");
    case "Test":
      return said(200, "The test has arrived.");
    case "Item":
      desk.hint(told.id);
      return said(202, "The item will be looked at.");
  }
}

/** Signed answers. */
class Answers {
  readonly #desk: Desk;
  readonly #clock: Clock;
  /** Posts whose answer is stored, for as long as their signature is good. */
  readonly #used: Recent;
  /** Posts whose answer is being stored. */
  readonly #underWay = new Set<string>();
  readonly #told: Recent;

  constructor(desk: Desk, clock: Clock) {
    this.#desk = desk;
    this.#clock = clock;
    this.#used = new Recent(clock, 2 * SIGNATURE_WINDOW_MS);
    this.#told = new Recent(clock, TELL_AGAIN_MS);
  }

  async take(headers: Headers, body: string): Promise<Said> {
    const id = questionIn(body);
    if (id === undefined) return said(400, "The body has to be a JSON object with question, the id of the question.");
    const open = await this.#desk.find(id);
    if (open === undefined) return said(404, `There is no question ${JSON.stringify(id)}.`);
    const { webhook, type } = open.target;
    if (webhook === undefined) {
      return this.#refuse(403, {
        id,
        open,
        why: `the question is asked over ${type}, and no answer to it is taken here`,
      });
    }
    const verdict = verify(headers, body, webhook.secret, this.#clock.now());
    if (verdict.kind !== "Genuine") return this.#refuse(401, { id, open, why: verdict.why });
    const post = JSON.stringify([open.target.uid, verdict.webhookId]);
    if (this.#used.has(post))
      return this.#refuse(409, { id, open, why: "a post with its webhook-id has been used already" });
    if (this.#underWay.has(post)) return said(503, "The same post is being worked on; try again later.");
    this.#underWay.add(post);
    try {
      return await this.#judge(post, open, answerIn(body));
    } finally {
      this.#underWay.delete(post);
    }
  }

  async #judge(post: string, open: OpenQuestion, answer: AnswerBody | string): Promise<Said> {
    if (typeof answer === "string") return said(400, answer);
    const { question: id } = answer;
    const why = misfitOf(answer, open);
    if (why !== undefined) return this.#refuse(422, { id, open, why });
    const taken = await this.#desk.take(id, { ...answer.said, at: this.#clock.now() });
    switch (taken.kind) {
      case "Stored":
        this.#used.add(post);
        return said(200, "The answer is stored.");
      case "TooLate":
        return said(409, taken.message);
      case "NotNow":
        return said(503, taken.message);
    }
  }

  /** Says no, and tells the desk, which makes an event of it. `why` completes "An answer was refused: …". */
  #refuse(status: Status, { id, open, why }: { id: string; open: OpenQuestion; why: string }): Said {
    const { namespace, name } = open.target;
    const message = `An answer to question ${id} was refused: ${why}.`;
    if (!this.#told.has(message)) {
      this.#told.add(message);
      this.#desk.refused(id, { namespace, name }, message);
    }
    return said(status, message);
  }
}
