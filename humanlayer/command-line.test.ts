/** The options of the program and its words at the start. */
import { greeting, help, parseCommandLine } from "./command-line";

const places = { callerFolder: "/home/ada", projectRoot: "/src/kubechain" };
const parse = (...argv: string[]) => parseCommandLine(argv, places);

describe("the command line", () => {
  test("has a place for everything when nothing is said", () => {
    expect(parse()).toEqual({
      kind: "Run",
      settings: {
        port: 8077,
        host: "127.0.0.1",
        database: "/src/kubechain/.kubechain/humanlayer.sqlite",
        keyFile: "/src/kubechain/.kubechain/humanlayer-key",
      },
    });
  });

  test("takes what is said, from where it is said, and leaves marks alone", () => {
    const marks = ["--humanlayer-of=/state", "--kubechain-state=/x"];
    expect(parse("--port=0", "--database", "q.db", "--webhook", "http://127.0.0.1:9/x?y", ...marks)).toMatchObject({
      settings: {
        port: 0,
        database: "/home/ada/q.db",
        keyFile: "/home/ada/humanlayer-key",
        webhook: "http://127.0.0.1:9/x?y",
      },
    });
    expect(parse("--key-file", "/etc/key")).toMatchObject({ settings: { keyFile: "/etc/key" } });
  });

  test.each([
    [["--port", "http"], /--port must be a number/],
    [["--port", "65536"], /--port must be a number/],
    [["--port"], /--port needs a value/],
    [["--database="], /--database needs a value/],
    [["--webhook", "example.com"], /--webhook must be a URL/],
    [["--prot", "1"], /no option --prot/],
    [["start"], /"start" is not an option/],
  ])("refuses %j with a sentence", (argv, sentence) => {
    expect(parse(...argv)).toEqual({ kind: "Refused", message: expect.stringMatching(sentence) as string });
  });

  test("helps, with every option", () => {
    expect(parse("--help")).toEqual({ kind: "Help", text: help() });
    for (const option of ["--port", "--host", "--database", "--key-file", "--webhook", "HUMANLAYER_API_KEY"])
      expect(help()).toContain(option);
  });

  test("warns of a server that listens beyond this machine and of a key that others can read, and of nothing else", () => {
    const settings = { port: 1, host: "127.0.0.1", database: "/d", keyFile: "/my keys/k" };
    const quiet = greeting("http://127.0.0.1:1", settings, "File");
    expect(quiet).not.toContain("!");
    expect(quiet).toContain(`--from-literal=HUMANLAYER_API_KEY="$(cat '/my keys/k')"`);
    expect(quiet).toMatch(/\nHumanLayer-compatible server is ready on http:\/\/127.0.0.1:1\n$/);
    expect(greeting("http://127.0.0.1:1", { ...settings, host: "0.0.0.0" }, "File")).toContain("TLS");
    expect(greeting("http://127.0.0.1:1", settings, "SharedFile")).toContain(
      "! Others on this machine may read the key",
    );
  });
});
