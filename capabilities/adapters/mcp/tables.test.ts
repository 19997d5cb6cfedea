/** The pure parts: lines, lists of tools, redaction, and what the troubles of calls and connections mean. */
import { ProtocolError, SdkError, SdkErrorCode, SdkHttpError } from "@modelcontextprotocol/client";
import { environmentOf } from "./environment";
import { Lines } from "./lines";
import { toResult, toVerdict } from "./outcome";
import { pauseMs } from "./pauses";
import type { McpTarget } from "./port";
import { headOf, redact, tailOf } from "./redaction";
import { areParamHeadersValid } from "./param-headers";
import { NotWrittenError } from "./stdio-transport";
import { readTools } from "./tools";
import { OutOfTimeError, StreamEndedError, troubleOf } from "./trouble";
import { httpTrouble, misconfigured, programTrouble } from "./words";

const http: McpTarget = {
  uid: "u",
  namespace: "default",
  name: "web",
  transport: "http",
  url: "https://mcp.example.com/mcp?token=in-the-url",
  headers: { Authorization: "Bearer s3cret-token" },
  timeoutMs: 60_000,
};
const stdio: McpTarget = {
  uid: "u",
  namespace: "default",
  name: "local",
  transport: "stdio",
  command: "uvx",
  args: ["mcp-server-fetch"],
  env: { TOKEN: "another-s3cret", LEVEL: "debug" },
  timeoutMs: 60_000,
};
const quiet = { isOverlong: false, lastWords: "" };

describe("Lines", () => {
  test("puts lines together from pieces, with both kinds of ends", () => {
    const lines = new Lines(100);
    expect(lines.push(Buffer.from("on"))).toEqual([]);
    expect(lines.push(Buffer.from("e\r\ntwo\nthr"))).toEqual(["one", "two"]);
    expect(lines.push(Buffer.from("ee\n\n"))).toEqual(["three", ""]);
  });

  test("keeps a character whole that two pieces share", () => {
    const lines = new Lines(100);
    const bytes = Buffer.from("ä\n");
    expect(lines.push(bytes.subarray(0, 1))).toEqual([]);
    expect(lines.push(bytes.subarray(1))).toEqual(["ä"]);
  });

  test("gives up on a line that is too long, ended or not", () => {
    expect(new Lines(3).push(Buffer.from("four"))).toBeUndefined();
    expect(new Lines(3).push(Buffer.from("four\n"))).toBeUndefined();
    expect(new Lines(4).push(Buffer.from("four\nfour\n"))).toEqual(["four", "four"]);
  });
});

describe("readTools", () => {
  const pages = (...all: { tools?: unknown; nextCursor?: unknown }[]) => {
    let next = 0;
    return async () => all[next++] ?? {};
  };

  test("reads all pages in the server's order, and a name that comes twice once", async () => {
    const fetched = pages(
      { tools: [{ name: "b", description: "first" }, { name: "a" }], nextCursor: "2" },
      { tools: [{ name: "b", description: "second" }, { name: "c" }] },
    );
    expect(await readTools(fetched)).toEqual([{ name: "b", description: "first" }, { name: "a" }, { name: "c" }]);
  });

  test("leaves out what is no tool, and fields that are not what they should be", async () => {
    const odd = [
      null,
      "x",
      {},
      { name: "" },
      { name: "n".repeat(1_025) },
      { name: "ok", description: 3, inputSchema: [] },
    ];
    expect(await readTools(pages({ tools: odd }))).toEqual([{ name: "ok" }]);
    expect(await readTools(pages({ tools: "none" }))).toEqual([]);
  });

  test("holds no more than 4,096 tools and follows no circle of pages", async () => {
    let page = 0;
    const endless = async () => ({
      tools: Array.from({ length: 100 }, () => ({ name: `t${page++}` })),
      nextCursor: `${page}`,
    });
    expect(await readTools(endless)).toHaveLength(4_096);
    let asked = 0;
    await readTools(async () => ({ tools: [{ name: `t${asked++}` }], nextCursor: "again" }));
    expect(asked).toBe(2);
  });
});

describe("areParamHeadersValid", () => {
  const header = (name: unknown, type: unknown = "string"): object => ({ type, "x-mcp-header": name });
  const schemaOf = (properties: object): Record<string, unknown> => ({ type: "object", properties });

  test.each([
    ["no header at all", schemaOf({ a: { type: "object", default: { "x-mcp-header": "" } } })],
    ["no schema", {}],
    [
      "headers of all types that may have one",
      schemaOf({ a: header("A"), b: header("B", "integer"), c: header("C!", "boolean") }),
    ],
    ["a header deep in properties", schemaOf({ a: schemaOf({ b: header("Deep") }) })],
    ["an argument of that name", schemaOf({ "x-mcp-header": { type: "string" } })],
    ["what is no schema where one should be", { properties: [3], items: "x", allOf: null, $defs: { a: true } }],
  ])("takes %s", (_what, schema) => {
    expect(areParamHeadersValid(schema)).toBe(true);
  });

  test.each([
    ["an empty name", schemaOf({ a: header("") })],
    ["a name that is no string", schemaOf({ a: header(7) })],
    ["a name that no header can have", schemaOf({ a: header("My Region") })],
    ["a name with a line break", schemaOf({ a: header("A\r\nB") })],
    ["a type that may have none", schemaOf({ a: header("A", "number") })],
    ["no single type", schemaOf({ a: header("A", ["string", "null"]) })],
    ["one name twice, in any case", schemaOf({ a: header("Region"), b: schemaOf({ c: header("REGION") }) })],
    ["a header of all arguments together", { ...header("A"), type: "object" }],
    ["a header of the members of a list", schemaOf({ a: { type: "array", items: header("A") } })],
    ["a header in one of several branches", { anyOf: [schemaOf({ a: header("A") })] }],
    ["a header in a definition", { $defs: { a: schemaOf({ b: header("A") }) } }],
  ])("refuses %s", (_what, schema) => {
    expect(areParamHeadersValid(schema)).toBe(false);
  });
});

describe("redaction", () => {
  test("takes out the values of headers and of the environment, and words of them that are long", () => {
    expect(redact("token s3cret-token, Bearer s3cret-token", http)).toBe("token ***, ***");
    expect(redact("TOKEN=another-s3cret LEVEL=debug", stdio)).toBe("TOKEN=*** LEVEL=debug");
  });

  test("makes one printable line", () => {
    expect(redact("a\u001b[31mred\u0000\n\tb", stdio)).toBe("a [31mred b");
  });

  test("bounds what is shown, from the start or from the end", () => {
    expect(headOf("abcdef", stdio, 4)).toBe("abc…");
    expect(tailOf("abcdef", stdio, 4)).toBe("…def");
  });
});

test("a program is given the basics of the operator's environment and its own, and nothing else", () => {
  const operator = { PATH: "/bin", HOME: "/root", KUBECONFIG: "/k", OPENAI_API_KEY: "k", NODE_OPTIONS: "x", TZ: "UTC" };
  expect(environmentOf(operator, { TOKEN: "t", HOME: "/tmp" })).toEqual({
    PATH: "/bin",
    HOME: "/tmp",
    TZ: "UTC",
    TOKEN: "t",
  });
});

test("pauses grow from a second to a minute, shortened by up to half", () => {
  expect([1, 2, 3, 7, 100].map((failures) => pauseMs(failures, 0))).toEqual([1_000, 2_000, 4_000, 60_000, 60_000]);
  expect(pauseMs(1, 0.999)).toBeGreaterThanOrEqual(500);
});

describe("results", () => {
  test("are passed on as they are", () => {
    const content = [
      { type: "text", text: "x" },
      { type: "hologram", depth: 3 },
    ];
    expect(toResult({ content, isError: true })).toEqual({ kind: "Result", content, isError: true });
    expect(toResult({})).toEqual({ kind: "Result", content: [], isError: false });
    expect(toResult({ content: [], structuredContent: { a: 1 } })).toMatchObject({ structuredContent: { a: 1 } });
    expect(toResult({ content: [], structuredContent: [1] })).toMatchObject({ structuredContent: { result: [1] } });
  });

  test("that are sloppy are read as they were meant", () => {
    const text = { type: "text", text: "x" };
    expect(toResult({ content: "x" })).toMatchObject({ content: [text] });
    expect(toResult({ content: text })).toMatchObject({ content: [text] });
    expect(toResult({ content: ["x", 3, null, text] })).toMatchObject({ content: [text, text] });
  });

  test("that want something carry all that is needed to continue", () => {
    const inputRequests = { name: { method: "elicitation/create", params: {} } };
    expect(toResult({ resultType: "input_required", requestState: "sealed", inputRequests })).toEqual({
      kind: "InputRequired",
      requestState: "sealed",
      inputRequests,
    });
  });
});

const socket = (code: string) =>
  Object.assign(new TypeError("fetch failed"), { cause: Object.assign(new Error(), { code }) });
const answered = (status: number, text = "") =>
  new SdkHttpError(SdkErrorCode.ClientHttpNotImplemented, "refused", { status, text });

describe("a call that failed", () => {
  test.each<[sentence: string, thrown: unknown, outcome: string, connection: string]>([
    ["is refused when the server says so", new ProtocolError(-32602, "no such tool"), "Refused", "Fine"],
    ["failed when the server breaks in the middle of it", new ProtocolError(-32603, "no database"), "Result", "Fine"],
    ["was not sent when the version is no longer spoken", new ProtocolError(-32022, "version"), "NotSent", "Lost"],
    ["was not sent when nobody listens", socket("ECONNREFUSED"), "NotSent", "Lost"],
    ["was not sent when the name is unknown", socket("ENOTFOUND"), "NotSent", "Lost"],
    ["was not sent when the program had ended", new NotWrittenError("ended"), "NotSent", "Lost"],
    ["was not sent when the SDK had no connection", new Error("Not connected"), "NotSent", "Lost"],
    ["was not executed when the session is gone", answered(404, "Session not found"), "NotSent", "Lost"],
    [
      "was not executed when an older server lost it",
      answered(400, '{"error":{"code":-32000,"message":"No valid session"}}'),
      "NotSent",
      "Lost",
    ],
    ["was not executed without credentials", answered(401), "NotSent", "Doubtful"],
    ["was not executed when it is forbidden", answered(403), "NotSent", "Doubtful"],
    ["was not executed when the server is too busy", answered(429), "NotSent", "Fine"],
    ["may have been executed when somebody says that the server is not ready", answered(503), "Unknown", "Doubtful"],
    ["was not executed when it was sent elsewhere", answered(307), "NotSent", "Lost"],
    ["is refused when it is no request", answered(400, "what?"), "Refused", "Fine"],
    ["is refused when it is too large", answered(413), "Refused", "Fine"],
    ["may have happened when a server breaks", answered(500), "Unknown", "Doubtful"],
    ["may have happened when a gateway gives up", answered(502), "Unknown", "Doubtful"],
    ["may have happened when a gateway loses patience", answered(504), "Unknown", "Doubtful"],
    [
      "may have happened when time ran out",
      new SdkError(SdkErrorCode.RequestTimeout, "Request timed out"),
      "Unknown",
      "Doubtful",
    ],
    [
      "may have happened when the connection ended",
      new SdkError(SdkErrorCode.ConnectionClosed, "closed"),
      "Unknown",
      "Doubtful",
    ],
    ["may have happened when the stream ended", new StreamEndedError("ended"), "Unknown", "Doubtful"],
    ["may have happened when the socket broke", socket("UND_ERR_SOCKET"), "Unknown", "Doubtful"],
    ["may have happened when it was reset", socket("ECONNRESET"), "Unknown", "Doubtful"],
    [
      "has happened when its answer is unreadable",
      new SdkError(SdkErrorCode.InvalidResult, "what?"),
      "Unknown",
      "Fine",
    ],
    ["may have happened when nobody knows what it was", "?", "Unknown", "Doubtful"],
  ])("%s", (_sentence, thrown, kind, connection) => {
    const verdict = toVerdict(http, troubleOf(thrown), undefined);
    expect({ kind: verdict.outcome.kind, connection: verdict.connection }).toEqual({ kind, connection });
  });

  test("in the middle of it is the tool's failure, in the server's words", () => {
    const { outcome } = toVerdict(http, troubleOf(new ProtocolError(-32603, "no database s3cret-token")), undefined);
    expect(outcome).toEqual({ kind: "Result", content: [{ type: "text", text: "no database ***" }], isError: true });
  });

  test("never shows a secret that the server repeats", () => {
    const { outcome } = toVerdict(http, troubleOf(new ProtocolError(-32602, "bad token s3cret-token")), undefined);
    expect(outcome).toEqual({ kind: "Refused", message: "bad token ***" });
  });
});

describe("why a server cannot be reached", () => {
  test("is told with what to do, without secrets and without the query of the address", () => {
    const details = [
      httpTrouble(http, troubleOf(answered(401, "Bearer s3cret-token is wrong")), "connect"),
      httpTrouble(http, troubleOf(answered(404)), "connect"),
      httpTrouble(http, troubleOf(answered(502, "<html>")), "connect"),
      httpTrouble(http, troubleOf(socket("ECONNREFUSED")), "connect"),
      httpTrouble(http, troubleOf(socket("ENOTFOUND")), "connect"),
      httpTrouble(http, troubleOf(socket("SELF_SIGNED_CERT_IN_CHAIN")), "connect"),
      httpTrouble(http, troubleOf(new OutOfTimeError("late")), "list"),
    ];
    for (const detail of details) expect(detail).not.toMatch(/s3cret|in-the-url|undefined|<html>/);
    expect(details[0]).toMatch(/401.*spec\.headers/);
    expect(details[1]).toMatch(/404.*spec\.url/);
    expect(details[3]).toMatch(/refuses connections/);
    expect(details[4]).toMatch(/mcp\.example\.com.*ENOTFOUND/);
    expect(details[5]).toMatch(/certificate/);
    expect(details[6]).toMatch(/list of tools within 60 s/);
  });

  test("names the program, how it ended and what it last said", () => {
    const exited = (code: number | null, signal: string | null) => ({ kind: "Exited" as const, code, signal });
    const said = { ...quiet, ending: exited(1, null), lastWords: "Error: TOKEN another-s3cret\n is wrong" };
    const closed = troubleOf(new StreamEndedError("ended"));
    expect(programTrouble(stdio, closed, said, "connect")).toBe(
      'The program "uvx" ended with exit code 1 before the connection was made. It last said: "Error: TOKEN *** is wrong"',
    );
    expect(programTrouble(stdio, closed, { ...quiet, ending: exited(null, "SIGKILL") }, "connected")).toMatch(
      /SIGKILL/,
    );
    const missing = { ...quiet, ending: { kind: "NotStarted" as const, code: "ENOENT" } };
    expect(programTrouble(stdio, closed, missing, "connect")).toMatch(/"uvx" was not found on the operator's PATH/);
    expect(
      programTrouble(stdio, troubleOf(new OutOfTimeError("late")), { ...quiet, junk: "hello" }, "connect"),
    ).toMatch(/did not answer within 60 s.*"hello"/);
  });

  test("is plain from the description alone when that cannot work", () => {
    expect(misconfigured(http)).toBeUndefined();
    expect(misconfigured(stdio)).toBeUndefined();
    expect(misconfigured({ ...http, url: "https://me:pass-word@example.com" })).toMatch(/user name or a password/);
    expect(misconfigured({ ...http, url: "nonsense" })).toMatch(/no address/);
    expect(misconfigured({ ...http, headers: { "X-Key": "a\u0007b" } })).toMatch(/"X-Key"/);
    expect(misconfigured({ ...http, headers: { "X-Key": "made by echo\n" } })).toBeUndefined();
  });
});
