import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { between, diagrams, machines, PAGE } from "./diagrams";

const diagram = (name: string): string => machines[name]?.() ?? "";

describe("the diagram of the Task machine", () => {
  const lines = diagram("task-machine")
    .split("\n")
    .map((line) => line.trim());
  const edge = (from: string, to: string): string => lines.find((line) => line.startsWith(`${from} --> ${to}`)) ?? "";

  test("leads from Pending to every end", () => {
    expect(lines[0]).toBe("stateDiagram-v2");
    for (const end of ["FinalAnswer", "Failed", "Cancelled"]) expect(edge("ReadyForLLM", end)).not.toBe("");
  });

  test("says what leads to an answer, and nothing besides", () => {
    expect(edge("ReadyForLLM", "FinalAnswer")).toBe("ReadyForLLM --> FinalAnswer: answer");
  });

  test("leaves an end only by deletion", () => {
    for (const end of ["FinalAnswer", "Failed", "Cancelled"]) {
      expect(lines.filter((line) => line.startsWith(`${end} -->`))).toEqual([`${end} --> [*]: ttl over`]);
    }
  });

  test("shows only phases that a new task can reach", () => {
    const targets = new Set(lines.flatMap((line) => /--> (\w+)/.exec(line)?.[1] ?? []));
    const sources = lines.flatMap((line) => /^(\w+) -->/.exec(line)?.[1] ?? []);
    for (const source of sources) expect(targets).toContain(source);
  });

  test("names every transition once, and says each reason once", () => {
    const edges = lines.flatMap((line) => /^(\S+ --> \S+): /.exec(line)?.[1] ?? []);
    expect(new Set(edges).size).toBe(edges.length);
    for (const line of lines) {
      const labels = line.split(": ")[1]?.split("<br/>") ?? [];
      expect(new Set(labels).size).toBe(labels.length);
    }
  });
});

describe("the diagram of the ToolCall machine", () => {
  const lines = diagram("toolcall-machine");

  test("never leads from a call that nobody hears of back to the same call, unless it is safe to repeat", () => {
    const again = /Executing --> Executing: (.*)/.exec(lines)?.[1]?.split("<br/>") ?? [];
    expect(again.length).toBeGreaterThan(0);
    for (const reason of again) expect(reason).toContain("safe to repeat");
    for (const reason of again) expect(reason).not.toContain("not safe to repeat");
  });

  test("leads a call that needs approval past people", () => {
    expect(lines).toContain("Pending --> Executing: server connected, no approval needed");
    expect(lines).toMatch(/Pending --> AwaitingHumanApproval: .*approval needed/);
    expect(lines).toContain("AwaitingHumanApproval --> ReadyToExecuteApprovedTool: approved");
    expect(lines).not.toContain("AwaitingHumanApproval --> Executing");
  });

  test("never counts silence as what somebody said", () => {
    const rejected = /AwaitingHumanApproval --> ToolCallRejected: (.*)/.exec(lines)?.[1]?.split("<br/>") ?? [];
    expect(rejected).toEqual(["rejected", "nobody has answered, out of time, which counts as a no"]);
  });

  test("has ends that nothing leaves", () => {
    for (const end of ["Succeeded", "Error", "ToolCallRejected", "Cancelled"]) {
      expect(lines).toContain(`--> ${end}`);
      expect(lines).not.toContain(`${end} -->`);
    }
  });
});

describe("the page", () => {
  const marked = (name: string): string => `<!-- generated:${name} -->\nold\n<!-- /generated:${name} -->`;
  const page = `before\n${marked("task-machine")}\nafter\n${marked("toolcall-machine")}\n`;

  test("keeps what is outside the markers", () => {
    const drawn = between(page, "task-machine", "new");
    const replaced = "<!-- generated:task-machine -->\n\nnew\n\n<!-- /generated:task-machine -->";
    expect(drawn).toBe(`before\n${replaced}\nafter\n${marked("toolcall-machine")}\n`);
    expect(between(drawn, "task-machine", "new")).toBe(drawn);
  });

  test("without markers is an error, not a page without a diagram", () => {
    expect(() => between("nothing here", "task-machine", "new")).toThrow("markers");
  });

  test("is only named when checked, and written when not", () => {
    const root = mkdtempSync(join(tmpdir(), "diagrams-"));
    try {
      mkdirSync(join(root, "docs"));
      writeFileSync(join(root, PAGE), page);
      expect(diagrams({ check: true, root })).toEqual([PAGE]);
      expect(readFileSync(join(root, PAGE), "utf8")).toBe(page);
      expect(diagrams({ check: false, root })).toEqual([PAGE]);
      expect(diagrams({ check: true, root })).toEqual([]);
      expect(readFileSync(join(root, PAGE), "utf8")).toContain(diagram("task-machine"));
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
