/** Servers that are programs: what they are given, what they may do to us, and that nothing of them outlives its server. */
import { jest } from "@jest/globals";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connected, until } from "../../testing/mcp-contract";
import type { McpServers, McpTarget } from "./port";
import { call, detailOf, FIXTURE, makeServers, pass, textOf } from "./test-servers";

const PATIENCE_MS = 60_000;
jest.setTimeout(PATIENCE_MS);

const base = { namespace: "default", transport: "stdio" as const, timeoutMs: 20_000 };
const node = process.execPath;

/** A server behind a shell script; `$NODE` and `$FIXTURE` are in its environment. */
function script(name: string, lines: string, env: Record<string, string> = {}): McpTarget {
  const shell = { command: "sh", args: ["-c", lines], env: { NODE: node, FIXTURE, ...env } };
  return { ...base, ...shell, uid: name, name };
}

/** Whether a process runs; one that has ended and waits for somebody to notice does not. */
function isRunning(pid: number): boolean {
  try {
    return !execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
      .trim()
      .startsWith("Z");
  } catch {
    return false; // ps knows no such process.
  }
}

let servers: McpServers;
let folder: string;
beforeEach(() => {
  servers = makeServers({
    ...process.env,
    OPENAI_API_KEY: "sk-operator",
    KUBECONFIG: "/k",
    NODE_OPTIONS: "--no-warnings",
  });
  folder = mkdtempSync(join(tmpdir(), "mcp-"));
});
afterEach(async () => {
  await servers.close(1_000);
  rmSync(folder, { recursive: true });
});

/** Follows a server until it is connected. */
async function follow(target: McpTarget): Promise<void> {
  servers.follow(target);
  await connected({ servers, target, pass });
}

const pidIn = (file: string): number => Number(readFileSync(join(folder, file), "utf8"));

test.each(["stdio", "strict"])(
  "a program that was only slow to start is spoken to in the newest protocol (%s)",
  async (kind) => {
    // As some servers do: who has asked for the newest protocol may not go back to an older one.
    const strict = `
    let asked = false;
    require("node:readline").createInterface({ input: process.stdin }).on("line", (line) => {
      const { id, method } = JSON.parse(line);
      const say = (answer) => console.log(JSON.stringify({ jsonrpc: "2.0", id, ...answer }));
      if (method === "server/discover") asked = true;
      if (method === "initialize") return say({ error: { code: -32022, message: "too late for that" } });
      const discovered = { resultType: "complete", supportedVersions: ["2026-07-28"], capabilities: {}, ttlMs: 0, cacheScope: "private" };
      if (asked) say({ result: discovered });
    });`;
    const command = kind === "strict" ? `exec "$NODE" -e "$STRICT"` : `exec "$NODE" "$FIXTURE" stdio`;
    const started = join(folder, "started");
    const lines = `[ -e "$STARTED" ] || { : > "$STARTED"; sleep 6; }; ${command}`;
    const kinds: (string | undefined)[] = [];
    servers.subscribe((uid) => kinds.push(servers.look(uid)?.kind));
    await follow(script("slow", lines, { STARTED: started, STRICT: strict }));
    expect(kinds).not.toContain("Away");
    expect(servers.look("slow")).toMatchObject({ kind: "Connected", protocolVersion: "2026-07-28" });
  },
);

test("a program sees its own variables and none of the operator's secrets", async () => {
  const target = { ...base, uid: "env", name: "env", command: node, args: [FIXTURE, "old-stdio"], env: { MINE: "1" } };
  await follow(target);
  const seen = JSON.parse(textOf(await call(servers, "env", "environment"))) as Record<string, string>;
  expect(seen).toMatchObject({ MINE: "1", PATH: process.env["PATH"] });
  const basics = ["HOME", "LANG", "LOGNAME", "PATH", "SHELL", "TERM", "TMPDIR", "TZ", "USER", "MINE"];
  const trusted = ["NODE_EXTRA_CA_CERTS", "SSL_CERT_DIR", "SSL_CERT_FILE"];
  // macOS puts one of its own into every process.
  expect(
    Object.keys(seen).filter((name) => ![...basics, ...trusted].includes(name) && !name.startsWith("__CF")),
  ).toEqual([]);
});

test("a program that ignores every request to end is killed, with all that it has started", async () => {
  const stubborn = 'trap "" TERM HUP; echo $$ > "$DIR/leader"; "$NODE" "$FIXTURE" old-stdio; while :; do sleep 1; done';
  await follow(script("stubborn", stubborn, { DIR: folder }));
  const leader = pidIn("leader");
  const started = Number(textOf(await call(servers, "stubborn", "pid")));
  expect([isRunning(leader), isRunning(started)]).toEqual([true, true]);
  await servers.close(700);
  expect([isRunning(leader), isRunning(started)]).toEqual([false, false]);
});

test("a program that is dropped ends in the background", async () => {
  await follow(script("dropped", '"$NODE" "$FIXTURE" old-stdio; true'));
  const pid = Number(textOf(await call(servers, "dropped", "pid")));
  servers.drop("dropped");
  expect(servers.look("dropped")).toBeUndefined();
  await until({ pass }, () => !isRunning(pid));
});

test("what a program has started does not outlive it when it dies by itself", async () => {
  await follow(
    script("parent", 'sleep 1000 & echo $! > "$DIR/child"; exec "$NODE" "$FIXTURE" old-stdio', { DIR: folder }),
  );
  const child = pidIn("child");
  expect(isRunning(child)).toBe(true);
  expect(await call(servers, "parent", "die")).toMatchObject({
    kind: "Unknown",
    message: expect.stringMatching(/exit code 7/) as string,
  });
  await until({ pass }, () => !isRunning(child));
});

test("an attempt that is given up leaves no process behind", async () => {
  servers.follow(script("silent", 'echo $$ > "$DIR/silent"; exec sleep 1000', { DIR: folder }));
  await until({ pass }, () => safePid("silent") > 0);
  const pid = safePid("silent");
  await servers.close(500);
  expect(isRunning(pid)).toBe(false);
});

function safePid(file: string): number {
  try {
    return pidIn(file);
  } catch {
    return 0;
  }
}

test.each<[sentence: string, target: McpTarget, expected: RegExp]>([
  [
    "is not installed",
    { ...base, uid: "x", name: "x", command: "kubechain-no-such-program", args: [] },
    /"kubechain-no-such-program" was not found on the operator's PATH/,
  ],
  [
    "is not where it should be",
    { ...base, uid: "x", name: "x", command: "/no/such/program", args: [] },
    /"\/no\/such\/program" does not exist/,
  ],
  ["may not be executed", { ...base, uid: "x", name: "x", command: FIXTURE, args: [] }, /may not be executed/],
  [
    "ends at once",
    script("x", 'echo "no key $TOKEN" >&2; exit 3', { TOKEN: "very-s3cret" }),
    /ended with exit code 3 before the connection was made\. It last said: "no key \*\*\*"$/,
  ],
  [
    "prints what is no message and does not answer",
    { ...script("x", "echo Welcome; exec sleep 1000"), timeoutMs: 5_000 },
    /did not answer within 5 s\..*"Welcome"/,
  ],
  ["writes a line without end", script("x", "exec head -c 17000000 /dev/zero"), /a line of more than 16 MiB/],
])("says so when a program %s", async (_sentence, target, expected) => {
  servers.follow(target);
  // On a busy machine the first attempt may be over before the program has said a word; the next one hears it.
  const detail = (): string => detailOf(servers, "x");
  await until({ pass }, () => expected.test(detail()), detail);
  expect(detailOf(servers, "x")).not.toMatch(/s3cret|\n|node:internal/);
});

test("a program that prints other things between its messages is understood all the same", async () => {
  await follow(script("chatty", 'echo Starting; echo "{}"; echo "[1,"; exec "$NODE" "$FIXTURE" old-stdio'));
  expect(textOf(await call(servers, "chatty", "echo", { text: "x" }))).toBe("echo x");
});

test("a program that ends when it is asked about the newest protocol is asked again in the old way", async () => {
  const proud = `
    let text = "";
    process.stdin.on("data", (chunk) => {
      text += chunk;
      for (let end; (end = text.indexOf("\\n")) >= 0; text = text.slice(end + 1)) {
        const { id, method } = JSON.parse(text.slice(0, end));
        const answers = {
          initialize: { protocolVersion: "2025-03-26", capabilities: { tools: {} }, serverInfo: { name: "proud", version: "1" } },
          "tools/list": { tools: [{ name: "old" }] },
        };
        if (method.startsWith("server/")) process.exit(1);
        if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: answers[method] ?? {} }));
      }
    });`;
  const target = { ...base, uid: "proud", name: "proud", command: node, args: ["-e", proud] };
  await follow(target);
  expect(servers.look("proud")).toMatchObject({ protocolVersion: "2025-03-26", tools: [{ name: "old" }] });
});

test("a flood on stderr holds up nobody", async () => {
  await follow(script("flood", 'head -c 30000000 /dev/zero | tr "\\0" x >&2; exec "$NODE" "$FIXTURE" old-stdio'));
  expect(textOf(await call(servers, "flood", "echo", { text: "x" }))).toBe("echo x");
});
