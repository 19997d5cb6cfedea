// What the API server's answers mean. One row per answer seen in the wild; the messages are for people and are not asserted
// beyond what they must name.
import { toProblem, type Problem } from "./errors";

function status(code: number, fields: object = {}): unknown {
  const body = JSON.stringify({ kind: "Status", message: "words", ...fields });
  return { status: code, body };
}

const named = { reason: "NotFound", details: { name: "a", kind: "tasks" } };
const ending = { details: { causes: [{ reason: "NamespaceTerminating" }] } };
const tooLarge = { message: "etcdserver: request is too large" };
const tooLargeForGrpc = {
  message: "rpc error: code = ResourceExhausted desc = trying to send message larger than max (2100000 vs. 2097152)",
};

describe("a refusal", () => {
  test.each<[sentence: string, thrown: unknown, kind: Problem["kind"]]>([
    ["an object that is not there is gone", status(404, named), "gone"],
    ["a path that is not served may be served later", { status: 404, body: "404 page not found\n" }, "retryable"],
    ["a lost race is a conflict", status(409, { reason: "Conflict" }), "conflict"],
    ["a name that is taken is a conflict", status(409, { reason: "AlreadyExists" }), "conflict"],
    ["an ending namespace needs nothing any more", status(403, ending), "gone"],
    ["a missing permission may be granted, and is no fault of the object", status(403), "retryable"],
    ["refused credentials may be renewed, and are no fault of the object", status(401), "retryable"],
    ["a misunderstood request is for a person", status(400), "terminal"],
    ["an invalid object is for a person", status(422), "terminal"],
    ["too large a request is for a person", status(413), "terminal"],
    ["too large for etcd comes as a 500 and is for a person", status(500, tooLarge), "terminal"],
    ["too large for gRPC comes as a 500 and is for a person", status(500, tooLargeForGrpc), "terminal"],
    ["a busy server is tried again", status(429), "retryable"],
    ["an expired list is tried again", status(410), "retryable"],
    ["a server error is tried again", status(500), "retryable"],
    ["an unavailable server is tried again", { status: 503, body: "" }, "retryable"],
    ["a refused connection is tried again", Object.assign(new Error("x"), { code: "ECONNREFUSED" }), "retryable"],
    ["a deadline is tried again", new DOMException("took too long", "TimeoutError"), "retryable"],
    ["a broken status is read as text", { status: 400, body: '{"message": ' }, "terminal"],
  ])("%s", (_sentence, thrown, kind) => {
    expect(toProblem(thrown).kind).toBe(kind);
  });

  test.each([
    ["3", 3_000],
    ["0", 0],
    [new Date(0).toUTCString(), 0],
    ["soon", undefined],
  ])("Retry-After %s is a pause of %s ms", (retryAfter, expected) => {
    const problem = toProblem({ status: 429, body: "", retryAfter });
    expect("retryAfterMs" in problem ? problem.retryAfterMs : undefined).toBe(expected);
  });

  test("a pause in the body counts where there is no header", () => {
    const problem = toProblem(status(504, { details: { retryAfterSeconds: 2 } }));
    expect(problem).toMatchObject({ kind: "retryable", retryAfterMs: 2_000 });
  });

  test("a broken connection is named by its code and never by its stack", () => {
    const cause = Object.assign(new Error("connect"), { code: "ECONNRESET" });
    const problem = toProblem(new Error("fetch failed", { cause }));
    expect(problem).toMatchObject({ message: expect.stringContaining("ECONNRESET") as string });
    expect(JSON.stringify(problem)).not.toContain("errors.test");
  });
});
