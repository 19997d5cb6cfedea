import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { EVERY_EVENT, watchAll } from "./watch-every-change";

/** Pepr reads its mode once, when it is loaded. */
async function capabilityIn(mode: Record<string, string>) {
  Object.assign(process.env, mode);
  const { Capability, a } = await import("pepr");
  return {
    capability: new Capability({
      name: "watched",
      description: "of this test",
    }),
    model: a.ConfigMap,
  };
}

describe("one stream for every change of a kind", () => {
  test("the watch binding just made takes every event, and the ones before it stay as they were", async () => {
    const { capability, model } = await capabilityIn({
      PEPR_MODE: "dev",
      LOG_LEVEL: "silent",
    });
    capability
      .When(model)
      .IsCreated()
      .Watch(() => undefined);
    capability
      .When(model)
      .IsCreatedOrUpdated()
      .Validate((request) => request.Approve());

    watchAll(capability, model, function noticeConfigMap() {});

    const kinds = capability.bindings.map(({ event, isWatch }) => ({
      event: String(event),
      isWatch: isWatch === true,
    }));
    expect(kinds).toEqual([
      { event: "CREATE", isWatch: true },
      { event: "CREATEORUPDATE", isWatch: false },
      { event: "*", isWatch: true },
    ]);
  });

  test("the callback hears of a deletion with the object and the phase", async () => {
    const { capability, model } = await capabilityIn({
      PEPR_MODE: "dev",
      LOG_LEVEL: "silent",
    });
    const heard: string[] = [];
    watchAll(capability, model, (object, phase) => void heard.push(`${phase} ${object.metadata?.name}`));

    await capability.bindings.at(-1)?.watchCallback?.({ metadata: { name: "one" } }, "DELETED" as never);

    expect(heard).toEqual(["DELETED one"]);
  });

  test("this version of Pepr still maps the event to all three phases", () => {
    const root = createRequire(import.meta.url)
      .resolve("pepr")
      .replace(/dist\/lib\.js$/, "src/lib/");
    const enums = readFileSync(`${root}enums.ts`, "utf8");
    const processor = readFileSync(`${root}processors/watch-processor.ts`, "utf8");
    expect(enums).toContain(`ANY = "${EVERY_EVENT}"`);
    expect(processor).toMatch(/\[Event\.ANY\]: \[WatchPhase\.Added, WatchPhase\.Modified, WatchPhase\.Deleted\]/);
  });
});
