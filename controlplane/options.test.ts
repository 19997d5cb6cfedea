import type { Command, Options, Parsed } from "./options";
import { helpFor, parseOptions } from "./options";

const places = { callerFolder: "/home/me", projectRoot: "/checkout" };
const up: Command = { name: "up", summary: "Starts.", flags: ["state", "port", "base-url", "no-operator"] };

const parse = (...argv: string[]): Parsed => parseOptions(up, argv, places);
const optionsOf = (...argv: string[]): Options => {
  const parsed = parse(...argv);
  if (parsed.kind !== "Run") throw new Error(`refused: ${JSON.stringify(parsed)}`);
  return parsed.options;
};

describe("a command line", () => {
  test("keeps its state in the checkout unless told otherwise", () => {
    expect(optionsOf()).toMatchObject({ state: "/checkout/.kubechain", isStateGiven: false, noOperator: false });
  });

  test("takes a relative state folder from where it was called", () => {
    expect(optionsOf("--state", "mine")).toMatchObject({ state: "/home/me/mine", isStateGiven: true });
    expect(optionsOf("--state=/elsewhere/a b")).toMatchObject({ state: "/elsewhere/a b" });
  });

  test("reads ports, URLs and switches", () => {
    const options = optionsOf("--port", "6443", "--base-url=http://127.0.0.1:11434/v1", "--no-operator");
    expect(options).toMatchObject({ port: 6443, baseUrl: "http://127.0.0.1:11434/v1", noOperator: true });
  });

  test("tells an empty base URL from none", () => {
    expect(optionsOf("--base-url", "").baseUrl).toBe("");
    expect(optionsOf()).not.toHaveProperty("baseUrl");
  });

  test.each([
    ["an unknown option", ["--prot", "6443"], "--prot"],
    ["an option of another script", ["--once"], "--once"],
    ["a stray word", ["6443"], "6443"],
    ["a value that is missing", ["--port"], "--port"],
    ["a switch with a value", ["--no-operator=yes"], "--no-operator"],
    ["a port that is no number", ["--port", "http"], "http"],
    ["a port below 1024", ["--port", "0443"], "0443"],
    ["a port that does not exist", ["--port", "70000"], "70000"],
    ["an address without a scheme", ["--base-url", "127.0.0.1:1"], "127.0.0.1:1"],
    ["an address that is not HTTP", ["--base-url", "ftp://a/b"], "ftp://a/b"],
    ["a folder without a name", ["--state", ""], "--state"],
  ])("is refused for %s, which is named", (_case, argv, named) => {
    const parsed = parse(...argv);
    expect(parsed.kind).toBe("Refused");
    expect(parsed).toHaveProperty("message", expect.stringContaining(named));
  });

  test("shows help with every option of the script and no other", () => {
    expect(parse("--help").kind).toBe("Help");
    expect(parse("-h").kind).toBe("Help");
    const help = helpFor(up);
    for (const flag of up.flags) expect(help).toContain(`--${flag}`);
    expect(help).not.toContain("--once");
  });
});
