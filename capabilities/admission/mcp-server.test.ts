import type { MCPServerSpec } from "../../crds/index";
import { examine } from "./mcp-server";
import type { Request } from "./request";
import type { ReviewWorld } from "./review";
import { review } from "./review";

const stdio = (more: Partial<MCPServerSpec>): MCPServerSpec => ({ transport: "stdio", command: "uvx", ...more });
const http = (more: Partial<MCPServerSpec>): MCPServerSpec => ({
  transport: "http",
  url: "https://mcp.example.com/mcp",
  ...more,
});
const fromSecret = (name: string) => ({ name, valueFrom: { secretKeyRef: { name: "s", key: "k" } } });
/** What must never be repeated in a sentence. */
const SECRET = "hunter2";

describe("an MCPServer", () => {
  test.each<[sentence: string, MCPServerSpec]>([
    ["with a program and arguments is welcome", stdio({ args: ["mcp-server-fetch", "--port 1"] })],
    ["whose program has a blank in its path is welcome", stdio({ command: "/opt/My Tools/server" })],
    ["with secrets from a Secret is welcome", stdio({ env: [fromSecret("API_TOKEN"), fromSecret("PASSWORD")] })],
    [
      "with harmless variables is welcome",
      stdio({
        env: [
          { name: "MONKEY", value: "x" },
          { name: "MODE", value: "a=b" },
        ],
      }),
    ],
    ["with an empty variable of a secret name is welcome", stdio({ env: [{ name: "API_KEY", value: "" }] })],
    [
      "with headers from a Secret is welcome",
      http({ headers: [fromSecret("Authorization"), fromSecret("X-Api-Key")] }),
    ],
    ["with a query in its address is welcome", http({ url: "https://mcp.example.com/mcp?team=a" })],
    [
      "with every character that a header's name may have is welcome",
      http({ headers: [{ name: "!#$%&'*+-.^_`|~a1", value: "é" }] }),
    ],
  ])("%s, without a word", (_sentence, spec) => {
    expect(examine(spec)).toEqual({ faults: [], warnings: [] });
  });

  test.each<[sentence: string, MCPServerSpec, part: string]>([
    [
      "an equals sign in a variable's name",
      stdio({ env: [{ name: "MODE=x", value: SECRET }] }),
      '"MODE=x" in spec.env',
    ],
    ["a NUL in a variable's name", stdio({ env: [{ name: "MO\0DE", value: SECRET }] }), '"MO?DE" in spec.env'],
    ["a NUL in a variable's value", stdio({ env: [{ name: "MODE", value: `${SECRET}\0` }] }), 'spec.env "MODE"'],
    ["a NUL in an argument", stdio({ args: ["a", `${SECRET}\0`] }), "spec.args"],
    ["a NUL in the program's name", stdio({ command: "a\0" }), "spec.command"],
    [
      "a blank in a header's name",
      http({ headers: [{ name: "X Token", value: SECRET }] }),
      '"X Token" in spec.headers',
    ],
    ["a colon in a header's name", http({ headers: [{ name: "Authorization:", value: SECRET }] }), '"Authorization:"'],
    ["a line break in a header's value", http({ headers: [{ name: "X-A", value: `${SECRET}\r\nX-B: 1` }] }), '"X-A"'],
    [
      "a character beyond Latin-1 in a header's value",
      http({ headers: [{ name: "X-A", value: `${SECRET}✓` }] }),
      '"X-A"',
    ],
    [
      "a header given twice in different letters",
      http({ headers: [fromSecret("Authorization"), fromSecret("authorization")] }),
      '"Authorization" and "authorization"',
    ],
  ])("%s is refused, in words that name the place", (_sentence, spec, part) => {
    const { faults } = examine(spec);
    expect(faults).toEqual([expect.stringContaining(part)]);
    expect(faults.join()).not.toContain(SECRET);
  });

  test.each<[sentence: string, MCPServerSpec, part: string]>([
    ["a whole command line as the program", stdio({ command: "uvx mcp-server-fetch" }), 'give only "uvx"'],
    ["a path with options as the program", stdio({ command: "/usr/bin/npx -y foo" }), 'give only "/usr/bin/npx"'],
    ["a key in plain text", stdio({ env: [{ name: "OPENAI_API_KEY", value: SECRET }] }), '"OPENAI_API_KEY"'],
    ["a token in plain text", stdio({ env: [{ name: "githubToken", value: SECRET }] }), '"githubToken"'],
    ["a secret in plain text", stdio({ env: [{ name: "CLIENT_SECRET", value: SECRET }] }), '"CLIENT_SECRET"'],
    ["a password in plain text", stdio({ env: [{ name: "PGPASSWORD", value: SECRET }] }), '"PGPASSWORD"'],
    [
      "an authorization in plain text",
      http({ headers: [{ name: "Authorization", value: SECRET }] }),
      '"Authorization"',
    ],
    [
      "a password in the address",
      http({ url: `https://me:${SECRET}@mcp.example.com/mcp` }),
      "spec.url contains a user name",
    ],
    ["a key in the address's query", http({ url: `https://mcp.example.com/mcp?api_key=${SECRET}` }), '"api_key"'],
  ])("%s is a warning, short enough to be shown whole", (_sentence, spec, part) => {
    const { faults, warnings } = examine(spec);
    expect([faults, warnings]).toEqual([[], [expect.stringContaining(part)]]);
    expect(warnings.join()).not.toContain(SECRET);
    for (const warning of warnings) expect(warning.length).toBeLessThan(256);
  });
});

describe("a request for an MCPServer", () => {
  const world = { cluster: {}, known: {} } as unknown as ReviewWorld;
  const request = (spec: MCPServerSpec, stored?: MCPServerSpec): Request => ({
    kind: "MCPServer",
    namespace: "default",
    object: { metadata: { name: "fetch" }, spec: { ...spec } },
    ...(stored && { stored: { spec: { ...stored } } }),
  });
  const impossible = stdio({ env: [{ name: "A=B", value: "c" }] });

  test("is refused for what could never work, with who it is about", async () => {
    const verdict = await review(request(impossible), world);
    expect(verdict).toMatchObject({
      kind: "Deny",
      message: expect.stringContaining('MCPServer "fetch" in namespace "default"') as string,
    });
  });

  test("is let through with the warnings", async () => {
    const verdict = await review(request(stdio({ command: "npx -y foo" })), world);
    expect([verdict.kind, verdict.warnings.length]).toEqual(["Approve", 1]);
  });

  test("that changes nothing of the spec is let through, whatever the spec", async () => {
    expect((await review(request(impossible, impossible), world)).kind).toBe("Approve");
  });
});
