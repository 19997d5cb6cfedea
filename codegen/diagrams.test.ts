import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { between, diagrams, PAGE, taskMachine } from "./diagrams";

describe("the diagram of the Task machine", () => {
  const lines = taskMachine()
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

describe("the page", () => {
  const page = "before\n<!-- generated:task-machine -->\nold\n<!-- /generated:task-machine -->\nafter\n";

  test("keeps what is outside the markers", () => {
    const drawn = between(page, "task-machine", "new");
    expect(drawn).toBe("before\n<!-- generated:task-machine -->\n\nnew\n\n<!-- /generated:task-machine -->\nafter\n");
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
      expect(readFileSync(join(root, PAGE), "utf8")).toContain(taskMachine());
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});
