/**
 * One connection of one process to one server of the simulation's world: connects after a while, tries again when it
 * cannot, is lost when the server goes away, and ends the calls on it as `McpServers` promises. It never looks at what
 * a tool does; the world does that.
 */
import type { McpLink, McpOutcome, McpRequest, McpTarget } from "../adapters/mcp/port";
import { after } from "../runtime/clock";
import type { FakeMcp, FakeMcpProcess } from "./fake-mcp";

const CONNECT_MS = 20;
/** Waits between attempts: doubled each time. */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

export interface ConnectionOptions {
  world: FakeMcp;
  process: FakeMcpProcess;
  target: McpTarget;
  /** `link` has changed. */
  changed: () => void;
}

export class FakeMcpConnection {
  readonly target: McpTarget;
  readonly process: number;
  link: McpLink;
  isClosed = false;
  readonly #options: ConnectionOptions;
  readonly #underWay = new Set<(outcome: McpOutcome) => void>();
  #cancelTimer: () => void = () => undefined;
  #failures = 0;
  #losses = 0;
  #isRetired = false;

  /** Starts connecting at once. */
  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.target = options.target;
    this.process = options.process.number;
    this.link = { kind: "Connecting", since: options.process.clock.now() };
    options.process.death.addEventListener("abort", () => this.close("The process died"), { once: true });
    this.#attempt();
  }

  /** Ends at once: calls under way are of unknown outcome. */
  close(why: string): void {
    this.isClosed = true;
    this.#cancelTimer();
    this.#endCalls(why);
  }

  /** Ends when its calls have ended. */
  retire(): void {
    this.#isRetired = true;
    this.#cancelTimer();
    if (this.#underWay.size === 0) this.close("Replaced");
  }

  /** The server has gone. */
  lose(why: string): void {
    if (this.isClosed) return;
    this.#losses++;
    this.#endCalls(`The connection to the server was lost: ${why}`);
    if (this.#isRetired) this.close(why);
    else this.#away(why, true);
  }

  call(request: McpRequest, signal: AbortSignal): Promise<McpOutcome> {
    if (this.isClosed || this.link.kind !== "Connected" || signal.aborted)
      return Promise.resolve({ kind: "NotSent", message: `MCP server "${this.target.name}" is not connected` });
    const { process, world } = this.#options;
    const losses = this.#losses;
    return new Promise((resolve) => {
      let isOver = false;
      const end = (outcome: McpOutcome): void => {
        if (isOver) return;
        isOver = true;
        this.#underWay.delete(end);
        signal.removeEventListener("abort", abort);
        cancel();
        if (outcome.kind === "Unknown")
          Object.assign(seen, { givenUpAt: process.clock.now(), givenUpMark: world.mark });
        resolve(outcome);
        if (this.#isRetired && this.#underWay.size === 0) this.close("Replaced");
      };
      const abort = (): void => end({ kind: "Unknown", message: "The call was given up" });
      const cancel = process.clock.at(after(process.clock, this.target.timeoutMs), () =>
        end({ kind: "Unknown", message: `No answer within ${this.target.timeoutMs} ms` }),
      );
      this.#underWay.add(end);
      signal.addEventListener("abort", abort, { once: true });
      const seen = world.send(request, {
        target: this.target,
        process: this.process,
        isCut: () => this.isClosed || this.#losses > losses,
        isHeard: () => !isOver,
        answer: end,
        lose: (why) => this.lose(why),
      });
    });
  }

  #endCalls(message: string): void {
    for (const end of [...this.#underWay]) end({ kind: "Unknown", message });
  }

  #attempt(): void {
    const { clock } = this.#options.process;
    const { timeoutMs } = this.target;
    const connectMs = this.#options.world.reach(this.target)?.connectMs ?? CONNECT_MS;
    this.#later(Math.min(connectMs, timeoutMs), () => {
      if (connectMs > timeoutMs) this.#away(`It does not answer within ${timeoutMs} ms`, false);
      else if (!this.#options.world.reach(this.target)) this.#away("The connection was refused", false);
      else {
        this.#failures = 0;
        this.#connected(clock.now());
      }
    });
  }

  #connected(since: Date): void {
    const { process, world, changed } = this.#options;
    this.link = { kind: "Connected", since, ...world.about(this.target) };
    const turn = world.nextTurn(this.target);
    if (turn)
      this.#later(turn.getTime() - process.clock.now().getTime(), () =>
        world.reach(this.target) ? this.#connected(since) : this.lose("it went away"),
      );
    changed();
  }

  #away(detail: string, wasConnected: boolean): void {
    const { clock } = this.#options.process;
    const waitMs = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    this.link = { kind: "Away", since: clock.now(), retryAt: after(clock, waitMs), detail, wasConnected };
    this.#later(waitMs, () => this.#attempt());
    this.#options.changed();
  }

  #later(ms: number, run: () => void): void {
    const { clock } = this.#options.process;
    this.#cancelTimer();
    this.#cancelTimer = clock.at(after(clock, ms), run);
  }
}
