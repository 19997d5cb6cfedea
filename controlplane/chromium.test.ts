/** Where Chromium comes from, with folders of pretended programs. */
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ensureChromium } from "./chromium";
import { Failure } from "./failure";
import { SILENT } from "./progress";

describe("finding Chromium", () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "chromium-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  /** A shell script that notes its arguments in `calls`. */
  const program = (name: string, does = ""): string => {
    const file = join(folder, name);
    writeFileSync(file, `#!/bin/sh\necho "${name} $*" >> "${folder}/calls"\n${does}\n`);
    chmodSync(file, 0o700);
    return file;
  };
  const calls = (): string[] => {
    const file = join(folder, "calls");
    return existsSync(file) ? readFileSync(file, "utf8").trimEnd().split("\n") : [];
  };
  const find = (env: NodeJS.ProcessEnv = {}, isRoot = true) =>
    ensureChromium(SILENT, { env: { PATH: folder, ...env }, isRoot });
  const installs = (): string => `if [ "$1" = install ]; then : > "${folder}/chromium"; fi`;

  test("takes what CHROMIUM names, before what is on the PATH", async () => {
    const named = program("my-browser");
    program("chromium");
    expect(await find({ CHROMIUM: named })).toBe(named);
    await expect(find({ CHROMIUM: join(folder, "gone") })).rejects.toThrow(/CHROMIUM is .*gone/);
  });

  test.each(["chromium", "chromium-browser", "google-chrome"])(
    "takes a %s on the PATH, and installs nothing",
    async (name) => {
      const file = program(name);
      program("apt-get");
      expect(await find()).toBe(file);
      expect(calls()).toEqual([]);
    },
  );

  test("installs Debian's, without fetching lists that know it already", async () => {
    program("apt-cache", `echo "chromium:"; echo "  Candidate: 1.2.3"`);
    program("apt-get", installs());
    expect(await find()).toBe(join(folder, "chromium"));
    expect(calls()).toHaveLength(2);
    expect(calls()[1]).toMatch(/^apt-get install -y --no-install-recommends .*chromium$/);
  });

  test("fetches the lists first where there is no candidate", async () => {
    program("apt-cache", `echo "chromium:"; echo "  Candidate: (none)"`);
    program("apt-get", installs());
    expect(await find()).toBe(join(folder, "chromium"));
    expect(calls().map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "apt-cache policy",
      "apt-get update",
      "apt-get install",
    ]);
  });

  test("says what to install, with apt-get's last word, when it cannot", async () => {
    program("apt-get", `echo "E: no space left" >&2; exit 100`);
    const failure = await find().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(Failure);
    expect(String(failure)).toMatch(/no space left.*apt-get install chromium.*CHROMIUM/);
  });

  test("installs nothing where it may not, and says what to do", async () => {
    program("apt-get", installs());
    await expect(find({}, false)).rejects.toThrow(/apt-get install chromium/);
    expect(calls()).toEqual([]);
  });
});
