import { isNewEnough } from "./binaries";
import { elapsed, showProgress } from "./progress";
import { formatEvent } from "./watch-events";

const screen = (isTTY: boolean): { isTTY: boolean; written: string; write(text: string): void } => ({
  isTTY,
  written: "",
  write(text) {
    this.written += text;
  },
});

describe("progress", () => {
  test("is a line per step where nobody watches, with what came of it", async () => {
    const paper = screen(false);
    const progress = showProgress(paper);
    expect(
      await progress.step(
        "counting",
        async () => 3,
        (count) => `${count} of them`,
      ),
    ).toBe(3);
    expect(paper.written).toBe("✓ counting: 3 of them\n");
  });

  test("leaves only the end of a step on a terminal", async () => {
    const terminal = screen(true);
    await showProgress(terminal).step("counting", async () => 3);
    expect(terminal.written.split("\r\x1b[K").at(-1)).toBe("✓ counting\n");
  });

  test("marks a step that failed, and passes the failure on", async () => {
    const paper = screen(false);
    const failing = showProgress(paper).step("counting", () => Promise.reject(new Error("lost count")));
    await expect(failing).rejects.toThrow("lost count");
    expect(paper.written).toBe("✗ counting\n");
  });

  test.each([
    [400, "0 s"],
    [42_000, "42 s"],
    [261_000, "4 min 21 s"],
  ])("says %i ms as people do", (ms, said) => {
    expect(elapsed(ms)).toBe(said);
  });
});

test("an event is one line, and a warning is marked", () => {
  const line = formatEvent(["Warning", "LLM", "gpt-4o", "ValidationFailed", "no key"]);
  expect(line).toMatch(/^ {2}! llm\/gpt-4o +ValidationFailed +no key$/);
});

test.each([
  ["go1.26.8", true],
  ["go1.21", true],
  ["go1.20.14", false],
  ["go2.0", true],
  ["devel go1.27-abc", true],
  ["", false],
])("Go %j is new enough to build with: %s", (version, answer) => {
  expect(isNewEnough(version)).toBe(answer);
});
