/**
 * One server that somebody wants: connects, looks after the connection, connects again, for as long as it is followed. Owns
 * what is known of the server and every timer and connection made for it. Whatever one server does, it does to itself.
 */
import type { MCPTool } from "../../../crds/index";
import type { Clock } from "../../runtime/clock";
import { after } from "../../runtime/clock";
import type { Log } from "../../runtime/log";
import { isSameJson } from "../../runtime/same-json";
import type { McpConnection } from "./connection";
import type { Opened } from "./open";
import { open } from "./open";
import { cancelled } from "./outcome";
import type { McpLink, McpOutcome, McpRequest, McpTarget } from "./port";
import { pauseMs } from "./pauses";
import { GRACE_MS, Session } from "./session";
import type { Surroundings } from "./wire";

/** What all servers share. */
export interface Household extends Surroundings {
  clock: Clock;
  log: Log;
  /** [0, 1) */
  random: () => number;
  /** Told the uid whenever what is known of a server has changed. */
  tell: (uid: string) => void;
}

/** After the loss of a connection that had held this long, the first attempt comes at once, or nearly. */
const STEADY_MS = 30_000;
const AT_ONCE_MS = 200;
/** How often an idle server is asked for a sign of life, milliseconds. */
const CHECK_EVERY_MS = 15_000;
/** Every so many checks the list of tools is read too: not every server tells of changes, and a notice can be lost. */
const CHECKS_PER_LISTING = 20;
/** A server that changes its tools all the time is asked for them no more often than this, milliseconds. */
const LISTING_EVERY_MS = 1_000;

export class FollowedServer {
  readonly #home: Household;
  #target: McpTarget;
  #link: McpLink;
  #session: Session | undefined;
  /** Sessions that are ending, the replaced ones included. */
  readonly #leaving = new Set<Session>();
  /** Ends the attempt under way; a new one for every target. */
  #attempt = new AbortController();
  #attemptEnded: Promise<void> = Promise.resolve();
  /** Attempts that failed in a row. */
  #failures = 0;
  /** Connections in a row that did not hold; attempts before them that failed are forgiven. */
  #losses = 0;
  #isLegacy = false;
  #checks = 0;
  #listedAt = 0;
  #cancelNext: () => void = () => undefined;
  #cancelListing: (() => void) | undefined;

  constructor(target: McpTarget, home: Household) {
    this.#target = target;
    this.#home = home;
    this.#link = { kind: "Connecting", since: home.clock.now() };
    this.#begin();
  }

  get link(): McpLink {
    return this.#link;
  }

  /** Follows the server under a new description, if it is one. */
  follow(target: McpTarget): void {
    if (isSameJson(target, this.#target)) return;
    this.#target = structuredClone(target);
    this.#stopWaiting();
    this.#letGo((session) => session.retire());
    this.#failures = 0;
    this.#losses = 0;
    this.#isLegacy = false;
    this.#attempt.abort();
    this.#attempt = new AbortController();
    this.#become({ kind: "Connecting", since: this.#home.clock.now() });
    this.#begin();
  }

  async call(request: McpRequest, signal: AbortSignal): Promise<McpOutcome> {
    const session = this.#session;
    if (signal.aborted) return cancelled(this.#target, false);
    if (session === undefined || this.#link.kind !== "Connected") {
      const why = this.#link.kind === "Away" ? `: ${this.#link.detail}` : " yet.";
      return { kind: "NotSent", message: `MCP server "${this.#target.name}" is not connected${why}` };
    }
    const { outcome, connection } = await session.call(request, signal);
    if (connection !== "Fine" && session === this.#session) {
      // Outcomes without an answer carry the reason in words.
      if (connection === "Lost" && "message" in outcome) this.#lose(session, outcome.message);
      else this.#checkSoon();
    }
    return outcome;
  }

  /** Ends everything of this server; resolves when its processes are gone, after `graceMs` by force. */
  async close(graceMs: number = GRACE_MS): Promise<void> {
    const why = `The connection to MCP server "${this.#target.name}" was let go before it answered.`;
    this.#stopWaiting();
    this.#attempt.abort();
    this.#letGo(() => undefined);
    await Promise.all([this.#attemptEnded, ...[...this.#leaving].map((session) => session.end(graceMs, why))]);
  }

  #begin(): void {
    const { signal } = this.#attempt;
    const before = this.#attemptEnded;
    const attempt = this.#connect(signal);
    this.#attemptEnded = Promise.all([before, attempt]).then(() => undefined);
  }

  async #connect(signal: AbortSignal): Promise<void> {
    // What the connection says of itself may come before it is in use.
    const use: { session?: Session; lost?: string } = {};
    const listener = {
      onClosed: (detail: string) => {
        use.lost = detail;
        if (use.session !== undefined) this.#lose(use.session, detail);
      },
      onToolsChanged: () => {
        if (use.session !== undefined) this.#listAgain(use.session);
      },
      onLeftOut: (tools: string[]) => {
        this.#note("warn", { tools }, "Tools left out: their x-mcp-header is none that HTTP or the protocol allows");
      },
    };
    const experience = { failures: this.#failures, isLegacy: this.#isLegacy };
    const opened = await open({ target: this.#target, experience, listener, signal }, this.#home);
    if (signal.aborted) {
      if (opened.kind === "Open") await opened.connection.close(GRACE_MS);
      return;
    }
    if (opened.kind === "Failed") return this.#fail(opened);
    use.session = new Session(opened.connection);
    this.#settle(use.session, opened);
    if (use.lost !== undefined) this.#lose(use.session, use.lost);
  }

  #settle(session: Session, { connection, tools }: Extract<Opened, { kind: "Open" }>): void {
    this.#session = session;
    this.#isLegacy = connection.isLegacy && this.#target.transport === "stdio";
    this.#checks = 0;
    this.#note("info", { protocolVersion: connection.protocolVersion, tools: tools.length }, "MCP server connected");
    this.#become(connectedLink(connection, tools, this.#home.clock.now()));
    this.#checkIn(CHECK_EVERY_MS);
  }

  #fail({ detail }: Extract<Opened, { kind: "Failed" }>): void {
    this.#failures++;
    this.#isLegacy = false; // What it spoke before may be what no longer works.
    this.#note("info", { failures: this.#failures }, "MCP server could not be connected to");
    this.#retreat(detail, false, pauseMs(this.#failures, this.#home.random()));
  }

  /** The connection is gone, or as good as gone. */
  #lose(session: Session, detail: string): void {
    if (session !== this.#session) return;
    const { clock, random } = this.#home;
    const heldMs = clock.now().getTime() - this.#link.since.getTime();
    this.#losses = heldMs >= STEADY_MS ? 0 : this.#losses + 1;
    this.#failures = this.#losses;
    this.#stopWaiting();
    this.#letGo((lost) => void lost.end(GRACE_MS, detail));
    this.#note("warn", {}, "MCP server lost");
    this.#retreat(detail, true, this.#failures <= 1 ? random() * AT_ONCE_MS : pauseMs(this.#failures, random()));
  }

  #retreat(detail: string, wasConnected: boolean, waitMs: number): void {
    const { clock } = this.#home;
    const retryAt = after(clock, waitMs);
    const since = this.#link.kind === "Away" ? this.#link.since : clock.now();
    this.#cancelNext = clock.at(retryAt, () => this.#begin());
    this.#become({ kind: "Away", since, retryAt, detail, wasConnected });
  }

  #checkIn(ms: number): void {
    this.#cancelNext();
    const { clock } = this.#home;
    this.#cancelNext = clock.at(after(clock, ms), () => void this.#check(this.#session));
  }

  /** Something went wrong that may have been the call's fault or the server's. */
  #checkSoon(): void {
    this.#checkIn(0);
  }

  async #check(session: Session | undefined): Promise<void> {
    if (session === undefined) return;
    // A server that is at work need not be asked: its calls have deadlines of their own.
    const detail = session.isBusy ? undefined : await session.connection.check();
    if (session !== this.#session) return;
    if (detail !== undefined) return this.#lose(session, detail);
    this.#checks++;
    if (this.#checks % CHECKS_PER_LISTING === 0) this.#listAgain(session);
    this.#checkIn(CHECK_EVERY_MS);
  }

  /** Reads the list of tools again, at once or when the last reading is long enough ago. */
  #listAgain(session: Session): void {
    if (session !== this.#session || this.#cancelListing !== undefined) return;
    this.#cancelListing = this.#home.clock.at(new Date(this.#listedAt + LISTING_EVERY_MS), () => {
      void this.#list(session);
    });
  }

  async #list(session: Session): Promise<void> {
    this.#cancelListing = undefined;
    this.#listedAt = this.#home.clock.now().getTime();
    const listing = await session.connection.list(this.#target.timeoutMs);
    if (session !== this.#session) return;
    if (listing.kind === "Failed") return this.#lose(session, listing.detail);
    if (this.#link.kind !== "Connected" || isSameJson(this.#link.tools, listing.tools)) return;
    this.#become({ ...this.#link, tools: listing.tools });
  }

  #letGo(how: (session: Session) => void): void {
    const session = this.#session;
    if (session === undefined) return;
    this.#session = undefined;
    this.#leaving.add(session);
    void session.gone.then(() => this.#leaving.delete(session));
    how(session);
  }

  #stopWaiting(): void {
    this.#cancelNext();
    this.#cancelListing?.();
    this.#cancelListing = undefined;
  }

  #become(link: McpLink): void {
    this.#link = link;
    this.#home.tell(this.#target.uid);
  }

  #note(level: "info" | "warn", fields: object, message: string): void {
    const { namespace, name } = this.#target;
    this.#home.log[level]({ namespace, name, ...fields }, message);
  }
}

function connectedLink(connection: McpConnection, tools: MCPTool[], since: Date): McpLink {
  const { serverInfo, protocolVersion } = connection;
  return { kind: "Connected", since, serverInfo, protocolVersion, tools };
}
