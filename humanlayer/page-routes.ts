/**
 * The page over HTTP: log-in with the key, a signed cookie, forms with a token against forgery, and headers that let a browser
 * load and run nothing but the page's own files. Answers given here carry the person's name in `user_info`.
 */
import type { Context, MiddlewareHandler } from "hono";
import { Hono } from "hono";
import { deleteCookie, getCookie, setCookie } from "hono/cookie";
import type { Tell } from "./answering";
import { answerFrom, settle } from "./answering";
import { limitBody, tooLate } from "./api";
import type { Json, Kind } from "./items";
import { kinds, optionsOf, verdictOf } from "./items";
import { isSameSecret } from "./key";
import type { Markup } from "./markup";
import { SCRIPT } from "./page-script";
import { STYLE } from "./page-look";
import type { Board } from "./page";
import { boardBody, boardPage, loginPage, plainPage, questionPage } from "./page";
import type { Session } from "./sessions";
import { SESSION_SECONDS, personOf, sessionCookie, sessionIn } from "./sessions";
import type { Entry, Store } from "./store";

/** What the page works on. Browsers send cookies to every port of a machine, so each server has a name for its own. */
export interface PageParts {
  store: Store;
  key: string;
  tell: Tell;
  cookieName: () => string;
}

const SHOWN_OPEN = 100;
const SHOWN_ANSWERED = 50;
const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join("; ");

/** What came of an answer given on the page. */
type Outcome = { kind: "Done" | "TooLate" | "Refused"; said: string };

/** Every path of the page. */
export function createPage(parts: PageParts): Hono {
  const page = new Hono();
  page.use("*", limitBody());
  page.get("/page.css", (c) => asset(c, STYLE, "text/css"));
  page.get("/page.js", (c) => asset(c, SCRIPT, "text/javascript"));
  page.get("/favicon.ico", (c) => c.body(null, 204));
  page.get("/", (c) => showBoard(c, parts));
  page.post("/login", (c) => logIn(c, parts));
  page.post("/logout", (c) => logOut(c, parts));
  page.get("/questions", (c) => renewBoard(c, parts));
  page.get("/question/:kind/:id", (c) => showQuestion(c, parts));
  page.post("/answer", (c) => takeAnswer(c, parts));
  return page;
}

/** The headers of everything this server sends. */
export const guard: MiddlewareHandler = async (c, next) => {
  c.header("content-security-policy", POLICY);
  c.header("x-content-type-options", "nosniff");
  c.header("referrer-policy", "no-referrer");
  c.header("cache-control", "no-store");
  await next();
};

function asset(c: Context, text: string, type: string): Response {
  return c.body(text, 200, { "content-type": `${type}; charset=utf-8` });
}

function send(c: Context, markup: Markup, status: 200 | 401 | 403 | 404 | 422 = 200): Response {
  return c.html(markup.text, status);
}

function sessionOf(c: Context, { key, cookieName }: PageParts): Session | undefined {
  return sessionIn(getCookie(c, cookieName()), key, new Date());
}

function boardOf(c: Context, store: Store): Board {
  const before = placeIn(c.req.query("before"));
  const open = store.open({ limit: SHOWN_OPEN, ...(before !== undefined && { before }) });
  const board = { open, answered: store.answered(SHOWN_ANSWERED), revision: store.revision() };
  return before === undefined ? board : { ...board, before };
}

/** Where a page of open questions begins; whatever else an address says means the newest ones. */
function placeIn(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function showBoard(c: Context, parts: PageParts): Response {
  const session = sessionOf(c, parts);
  if (session === undefined) return send(c, loginPage());
  return send(c, boardPage(session, boardOf(c, parts.store), noticeIn(c, parts.store)));
}

/** The board after an answer says what came of it; only what is stored is said, whatever the address claims. */
function noticeIn(c: Context, store: Store): string | undefined {
  const [kind, id] = (c.req.query("done") ?? c.req.query("late") ?? "").split("/");
  const found = isKind(kind) && id !== undefined ? store.find(kind, id) : undefined;
  if (found === undefined || found.item.status.responded_at === null) return undefined;
  return c.req.query("late") === undefined ? `${verdictOf(found.item)}.` : tooLate(found.item);
}

function renewBoard(c: Context, parts: PageParts): Response {
  const session = sessionOf(c, parts);
  if (session === undefined) return c.text("Log in first.", 401);
  const board = boardOf(c, parts.store);
  if (c.req.query("revision") === board.revision) return c.body(null, 204);
  c.header("x-revision", board.revision);
  return send(c, boardBody(session, board));
}

function showQuestion(c: Context, parts: PageParts): Response {
  const session = sessionOf(c, parts);
  if (session === undefined) return send(c, loginPage(), 401);
  const entry = entryOf(parts.store, c.req.param("kind"), c.req.param("id"));
  return entry === undefined ? send(c, NO_QUESTION, 404) : send(c, questionPage(session, entry));
}

const NO_QUESTION = plainPage("Not here", "There is no such question on this server.");

async function logIn(c: Context, { key, cookieName }: PageParts): Promise<Response> {
  if (isFromElsewhere(c)) return send(c, loginPage({ fault: "This came from another site. Log in here." }), 403);
  const { key: given, name, email } = await fieldsOf(c);
  const typed = { name: name ?? "", email: email ?? "" };
  if (!isSameSecret(given ?? "", key))
    return send(c, loginPage({ fault: "This is not the key of this server.", ...typed }), 401);
  const person = personOf(name, email);
  if (typeof person === "string") return send(c, loginPage({ fault: person, ...typed }), 422);
  setCookie(c, cookieName(), sessionCookie(key, person, new Date()), {
    path: "/",
    httpOnly: true,
    sameSite: "Strict",
    maxAge: SESSION_SECONDS,
    // Behind a proxy with TLS, the page's own address tells.
    secure: c.req.header("origin")?.startsWith("https:") === true,
  });
  return c.redirect("/", 303);
}

async function logOut(c: Context, parts: PageParts): Promise<Response> {
  const session = sessionOf(c, parts);
  if (session !== undefined && !isGenuine(c, session, await fieldsOf(c)))
    return send(c, plainPage("Not taken", FORGED), 403);
  deleteCookie(c, parts.cookieName(), { path: "/" });
  return c.redirect("/", 303);
}

async function takeAnswer(c: Context, parts: PageParts): Promise<Response> {
  const session = sessionOf(c, parts);
  const fields = await fieldsOf(c);
  if (session === undefined) return withoutAnswer(c, 401, LOGGED_OUT, loginPage({ fault: LOGGED_OUT }));
  if (!isGenuine(c, session, fields)) return withoutAnswer(c, 403, FORGED, plainPage("Not taken", FORGED));
  const entry = entryOf(parts.store, fields["kind"], fields["call_id"]);
  if (entry === undefined) return withoutAnswer(c, 404, "There is no such question.", NO_QUESTION);
  const outcome = answer(parts, session, entry, fields);
  if (outcome.kind === "Refused") {
    const refused = { fault: outcome.said, words: fields["words"] ?? "" };
    return withoutAnswer(c, 422, outcome.said, questionPage(session, entry, refused));
  }
  const isDone = outcome.kind === "Done";
  if (wantsJson(c)) return c.json(outcome, isDone ? 200 : 409);
  return c.redirect(`/?${isDone ? "done" : "late"}=${entry.kind}/${encodeURIComponent(entry.item.call_id)}`, 303);
}

/** The page's own script reads JSON; a browser without it gets a page. */
function withoutAnswer(c: Context, status: 401 | 403 | 404 | 422, said: string, instead: Markup): Response {
  return wantsJson(c) ? c.json({ kind: "Refused", said }, status) : send(c, instead, status);
}

function wantsJson(c: Context): boolean {
  return c.req.header("accept") === "application/json";
}

function answer(parts: PageParts, session: Session, entry: Entry, fields: Record<string, string>): Outcome {
  const { kind, item } = entry;
  const words = (fields["words"] ?? "").replaceAll("\r\n", "\n").trim();
  const status = statusFor(entry, fields["choice"] ?? "", words);
  if (typeof status === "string") return { kind: "Refused", said: status };
  const settled = settle(parts, kind, item.call_id, answerFrom(kind, { ...status, user_info: session.person }, item));
  switch (settled.kind) {
    case "Settled":
      return { kind: "Done", said: `${verdictOf(settled.item)}.` };
    case "TooLate":
      return { kind: "TooLate", said: tooLate(settled.item) };
    case "Unknown":
      return { kind: "Refused", said: "There is no such question." };
  }
}

/** The status that a button means, or what is missing. */
function statusFor(entry: Entry, choice: string, words: string): Json | string {
  const isCall = entry.kind === "function_call";
  const said = words === "" ? {} : { [isCall ? "comment" : "response"]: words };
  if (choice.startsWith("option:")) return statusForOption(entry, choice.slice("option:".length), said);
  if (isCall && (choice === "approve" || choice === "reject")) return { approved: choice === "approve", ...said };
  if (isCall || choice !== "respond") return "Press one of the buttons.";
  return words === "" ? "Write an answer first." : said;
}

function statusForOption({ kind, item }: Entry, name: string, said: Json): Json | string {
  const option = optionsOf(kind, item.spec).find((one) => one.name === name);
  if (option === undefined) return "Press one of the buttons.";
  if (option.interactive && Object.keys(said).length === 0) return `"${option.title}" needs words: write them first.`;
  return kind === "function_call"
    ? { approved: false, reject_option_name: name, ...said }
    : { response_option_name: name, ...said };
}

const LOGGED_OUT = "You are logged out, so your answer was not taken. Log in again.";
const FORGED = "This form is not of your session: reload the page and answer again.";

function isGenuine(c: Context, session: Session, fields: Record<string, string>): boolean {
  return !isFromElsewhere(c) && isSameSecret(fields["csrf"] ?? "", session.csrf);
}

/** Browsers say which site a form came from. */
function isFromElsewhere(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  return site === "cross-site" || site === "same-site";
}

async function fieldsOf(c: Context): Promise<Record<string, string>> {
  return Object.fromEntries(new URLSearchParams(await c.req.text()));
}

function entryOf(store: Store, kind: string | undefined, id: string | undefined): Entry | undefined {
  return isKind(kind) && id !== undefined ? store.find(kind, id) : undefined;
}

function isKind(text: string | undefined): text is Kind {
  return kinds.some((kind) => kind === text);
}
