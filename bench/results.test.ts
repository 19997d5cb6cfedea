import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Circumstances, Outcome } from "./results";
import { goalTable, toDocument, writeResults } from "./results";

const circumstances: Circumstances = {
  date: "2026-01-02",
  scale: "full",
  machine: {
    cores: 2,
    processor: "a processor",
    memoryGiB: 8,
    system: "linux x64",
    node: "v24.0.0",
    loadBefore: [0.1, 0.2, 0.3],
  },
  versions: { kubechain: "1.2.3" },
};

const outcome: Outcome = {
  scenario: { name: "one", title: "One" },
  seconds: 12.4,
  report: {
    goals: [
      { what: "speed", wanted: "100", reached: "120", isMet: true },
      { what: "memory", wanted: "450 MB", reached: "500 MB", isMet: false },
    ],
    tables: [{ title: "Figures", columns: ["a"], rows: [["1"]] }],
    figures: { share: 0.123456 },
    picture: "<svg/>",
  },
};

test("a goal that was missed stands out", () => {
  expect(goalTable([outcome]).rows.map((row) => row.at(-1))).toEqual(["yes", "NO"]);
});

describe("the document", () => {
  test("says when, on what machine, under what load and with what versions it was measured", () => {
    const text = toDocument(circumstances, [outcome]);
    for (const part of ["2026-01-02", "2 cores (a processor)", "0.1, 0.2, 0.3", "v24.0.0", "kubechain 1.2.3"])
      expect(text).toContain(part);
  });

  test("warns of a quick run", () => {
    expect(toDocument({ ...circumstances, scale: "quick" }, [outcome])).toContain("QUICK");
    expect(toDocument(circumstances, [outcome])).not.toContain("QUICK");
  });

  test("holds the tables of every scenario", () => {
    expect(toDocument(circumstances, [outcome])).toMatch(/## One \(`one`, 12 s\)\n\nFigures\n/);
  });
});

test("a run leaves JSON with all figures, Markdown and the picture", () => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"));
  const files = writeResults(folder, "today", { circumstances, outcomes: [outcome] });
  expect(files.map((file) => basename(file))).toEqual(["today.json", "today.md", "today.svg"]);
  const { scenarios } = JSON.parse(readFileSync(join(folder, "today.json"), "utf8")) as {
    scenarios: { one: { figures: unknown } };
  };
  expect(scenarios.one.figures).toEqual({ share: 0.123 });
  rmSync(folder, { recursive: true });
});
