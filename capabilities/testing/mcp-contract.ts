/**
 * What every `McpServers` keeps to, the real one and the fake of the simulation: run against both, so that the fake cannot
 * lie. A world gives one server with the tools below and one that is never there; time is the world's own.
 *
 *     echo {text}   answers "echo TEXT"                fail       fails, says the tool
 *     structured {n}   answers {doubled: 2n}           refuse     is refused by the server
 *     hang   never answers                             die        ends the server, which comes back when called upon
 *     ask {text}   (where the world can) asks a person to confirm (an elicitation named "confirm"); with the state it gave
 *         and an answer, it answers "asked TEXT: " and the content as JSON, or the action where it was not to accept
 */
import type { McpLink, McpOutcome, McpRequest, McpServers, McpTarget } from "../adapters/mcp/port";

export interface McpWorld {
  servers: McpServers;
  /** What a new process has in their place: it knows nothing of what was before. */
  anew: () => McpServers;
  /** Leads to the server with the tools. */
  target: McpTarget;
  /** Leads nowhere. */
  absent: McpTarget;
  /** Lets a little time go by, some 20 ms. */
  pass: () => Promise<void>;
  /** Ends the world, after `servers` was closed. */
  end: () => Promise<void>;
}

const forever = new AbortController().signal;
/** How long `hang` is waited for; a connection has to be made in it too. */
const PATIENCE_MS = 2_000;
/** As many turns of `pass` as anything here may take. */
const TURNS = 1_500;

/** Registers the tests. `asks`: the server speaks a protocol in which a tool can ask for something. */
export function mcpContract(name: string, makeWorld: () => Promise<McpWorld>, { asks }: { asks: boolean }): void {
  describe(`${name} keeps to the contract of McpServers`, () => {
    let world: McpWorld;
    beforeEach(async () => {
      world = await makeWorld();
    });
    afterEach(async () => {
      await settled(world, world.servers.close(1_000));
      await world.end();
    });

    test("knows nothing of a server that nobody follows, and sends it nothing", async () => {
      expect(world.servers.look("nobody")).toBeUndefined();
      expect(await call(world, "nobody", "echo")).toMatchObject({ kind: "NotSent" });
    });

    test("connects to a server that is followed, tells of it, and knows its tools", async () => {
      const told: string[] = [];
      world.servers.subscribe((uid) => told.push(uid));
      world.servers.follow(world.target);
      const link = await connected(world);
      expect(link.tools.map((tool) => tool.name)).toContain("echo");
      expect(link.protocolVersion).not.toBe("");
      expect(link.serverInfo.name).toBeDefined();
      expect(told).toContain(world.target.uid);
    });

    test("does not change anything when a server is followed again as it was", async () => {
      const since = (await ready(world)).since;
      world.servers.follow(structuredClone(world.target));
      await world.pass();
      expect(world.servers.look(world.target.uid)).toMatchObject({ kind: "Connected", since });
    });

    test("sends nothing before there is a connection, and says so at once", async () => {
      world.servers.follow(world.target);
      expect(world.servers.look(world.target.uid)).toMatchObject({ kind: "Connecting" });
      expect(await call(world, world.target.uid, "echo")).toMatchObject({ kind: "NotSent" });
    });

    test("keeps trying a server that is not there, and says why and when", async () => {
      world.servers.follow(world.absent);
      const { uid } = world.absent;
      await until(world, () => world.servers.look(uid)?.kind === "Away");
      const first = world.servers.look(uid);
      if (first?.kind !== "Away") throw new Error("It is away.");
      expect(first.detail).not.toBe("");
      expect(first.wasConnected).toBe(false);
      expect(first.retryAt.getTime()).toBeGreaterThanOrEqual(first.since.getTime());
      expect(await call(world, uid, "echo")).toMatchObject({ kind: "NotSent" });
      await until(world, () => {
        const now = world.servers.look(uid);
        return now?.kind === "Away" && now.retryAt.getTime() > first.retryAt.getTime();
      });
    });

    test("brings back a result, a structured result and a tool's own failure", async () => {
      await ready(world);
      const { uid } = world.target;
      expect(await call(world, uid, "echo", { args: { text: "hello" } })).toMatchObject({
        kind: "Result",
        isError: false,
        content: [{ type: "text", text: "echo hello" }],
      });
      const structured = { kind: "Result", structuredContent: { doubled: 42 } };
      expect(await call(world, uid, "structured", { args: { n: 21 } })).toMatchObject(structured);
      expect(await call(world, uid, "fail")).toMatchObject({ kind: "Result", isError: true });
    });

    test("tells a refusal of the server from everything else", async () => {
      await ready(world);
      for (const tool of ["refuse", "no-such-tool"]) {
        const outcome = await call(world, world.target.uid, tool);
        expect(outcome.kind).toBe("Refused");
        expect("message" in outcome && outcome.message).not.toBe("");
      }
    });

    if (asks) {
      test("passes on that a tool wants something from a person", async () => {
        await ready(world);
        const outcome = await call(world, world.target.uid, "ask");
        expect(outcome).toHaveProperty("kind", "InputRequired");
        expect(outcome).toHaveProperty("requestState", expect.stringMatching(/./));
        expect(outcome).toHaveProperty("inputRequests.confirm.method", "elicitation/create");
      });

      test.each([
        ["an answer", { action: "accept", content: { yes: true } }, 'asked it: {"yes":true}'],
        ["a refusal", { action: "decline" }, "asked it: decline"],
      ])("continues a call with %s, after both sides have ended and come back", async (_what, confirm, text) => {
        const requestState = await asked(world);
        await restarted(world);
        const args = { text: "it" };
        const outcome = await call(world, world.target.uid, "ask", { args, requestState, inputResponses: { confirm } });
        expect(outcome).toMatchObject({ kind: "Result", isError: false, content: [{ type: "text", text }] });
      });

      test("does not continue a call whose state is not the one that was given, or that is another call", async () => {
        const requestState = await asked(world);
        const inputResponses = { confirm: { action: "accept", content: { yes: true } } };
        const { uid } = world.target;
        const forged = { args: { text: "it" }, requestState: `${requestState}A`, inputResponses };
        expect(await call(world, uid, "ask", forged)).toMatchObject({ kind: "Refused" });
        const other = { args: { text: "something else" }, requestState, inputResponses };
        expect(await call(world, uid, "ask", other)).toMatchObject({ kind: "Refused" });
      });
    }

    test("does not know the outcome of a call that is not answered in time, and goes on with the server", async () => {
      world.servers.follow({ ...world.target, timeoutMs: PATIENCE_MS });
      await connected(world);
      expect(await call(world, world.target.uid, "hang")).toMatchObject({ kind: "Unknown" });
      await connected(world);
      expect(await call(world, world.target.uid, "echo")).toMatchObject({ kind: "Result" });
    });

    test("ends a call when its caller gives up, at once", async () => {
      await ready(world);
      const caller = new AbortController();
      const calling = call(world, world.target.uid, "hang", { signal: caller.signal });
      await world.pass();
      caller.abort();
      expect(await calling).toMatchObject({ kind: "Unknown" });
    });

    test("does not send a call whose caller has given up already", async () => {
      await ready(world);
      const outcome = await call(world, world.target.uid, "echo", { signal: AbortSignal.abort() });
      expect(outcome).toMatchObject({ kind: "NotSent" });
    });

    test("does not know the outcome of a call in which the server died, and connects again", async () => {
      await ready(world);
      const { uid } = world.target;
      const kinds: string[] = [];
      world.servers.subscribe((changed) => kinds.push(changed === uid ? inWords(world.servers.look(uid)) : ""));
      expect(await call(world, uid, "die")).toMatchObject({ kind: "Unknown" });
      await until(world, () => kinds.includes("Away after a connection"));
      await connected(world);
      expect(await call(world, uid, "echo")).toMatchObject({ kind: "Result" });
    });

    test("lets a server go: nothing is known of it and its calls end", async () => {
      await ready(world);
      const { uid } = world.target;
      const calling = call(world, uid, "hang");
      await world.pass();
      world.servers.drop(uid);
      expect(await calling).toMatchObject({ kind: "Unknown" });
      expect(world.servers.look(uid)).toBeUndefined();
      expect(await call(world, uid, "echo")).toMatchObject({ kind: "NotSent" });
    });

    test("replaces the connection of a server that is described differently, while its calls end in peace", async () => {
      await ready(world);
      const { uid } = world.target;
      let isOver = false;
      const caller = new AbortController();
      const calling = call(world, uid, "hang", { signal: caller.signal }).finally(() => (isOver = true));
      await world.pass();
      world.servers.follow({ ...world.target, timeoutMs: world.target.timeoutMs + 1 });
      expect(world.servers.look(uid)).toMatchObject({ kind: "Connecting" });
      await connected(world);
      expect(await call(world, uid, "echo")).toMatchObject({ kind: "Result" });
      expect(isOver).toBe(false);
      caller.abort();
      expect(await calling).toMatchObject({ kind: "Unknown" });
    });

    test("closes everything: calls end, and nothing is known any more", async () => {
      await ready(world);
      const { uid } = world.target;
      const calling = call(world, uid, "hang");
      await world.pass();
      await settled(world, world.servers.close(1_000));
      expect(await calling).toMatchObject({ kind: "Unknown" });
      expect(world.servers.look(uid)).toBeUndefined();
    });
  });
}

/** Turns time until `condition` holds. */
export async function until(
  world: Pick<McpWorld, "pass">,
  condition: () => boolean,
  report: () => string = () => "",
): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) {
    if (condition()) return;
    await world.pass();
  }
  throw new Error(`It never came to that. ${report()}`);
}

/** The link of the world's server once it is connected. */
export async function connected(
  world: Pick<McpWorld, "pass" | "servers" | "target">,
): Promise<Extract<McpLink, { kind: "Connected" }>> {
  const { uid } = world.target;
  await until(world, () => world.servers.look(uid)?.kind === "Connected");
  const link = world.servers.look(uid);
  if (link?.kind !== "Connected") throw new Error("It was connected a moment ago.");
  return link;
}

async function ready(world: McpWorld): Promise<Extract<McpLink, { kind: "Connected" }>> {
  world.servers.follow(world.target);
  return connected(world);
}

/** Has the tool ask about "it", and gives the state to be stored for the answer. */
async function asked(world: McpWorld): Promise<string> {
  await ready(world);
  const outcome = await call(world, world.target.uid, "ask", { args: { text: "it" } });
  if (outcome.kind !== "InputRequired" || outcome.requestState === undefined) throw new Error("It did not ask.");
  return outcome.requestState;
}

/** Ends the server and then this side, and connects anew without any memory. */
async function restarted(world: McpWorld): Promise<void> {
  await call(world, world.target.uid, "die");
  await settled(world, world.servers.close(1_000));
  world.servers = world.anew();
  await ready(world);
}

interface CallOptions extends Pick<McpRequest, "requestState" | "inputResponses"> {
  args?: Record<string, unknown>;
  signal?: AbortSignal;
}

async function call(world: McpWorld, uid: string, tool: string, options: CallOptions = {}): Promise<McpOutcome> {
  const { args = {}, signal = forever, ...continued } = options;
  const request = { tool, arguments: args, idempotencyKey: `key-of-${tool}`, ...continued };
  return settled(world, world.servers.call(uid, request, signal));
}

/** Turns time until the work is done. */
async function settled<T>(world: Pick<McpWorld, "pass">, work: Promise<T>): Promise<T> {
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  await Promise.resolve();
  await until(world, () => isDone);
  return done;
}

function inWords(link: McpLink | undefined): string {
  return link?.kind === "Away" && link.wasConnected ? "Away after a connection" : (link?.kind ?? "nothing");
}
