/** How answers over HumanLayer are heard of: one slow poll for all, hints, and services that have no list. */
import type { Bench, TestService } from "./test-service";
import { approval, input, makeBench, notice, startService, status } from "./test-service";

let service: TestService;
let bench: Bench;

beforeEach(async () => {
  service = await startService();
  bench = makeBench();
});
afterEach(async () => {
  await bench.channels.close(0);
  await service.close();
});

const ids = (count: number): string[] => Array.from({ length: count }, (_, n) => `ec-${String(n).padStart(16, "0")}`);
const kindOf = (id: string): string | undefined => bench.channels.look(id)?.kind;
const lists = (): number => service.count("GET", /pending/);
const reads = (): number => service.count("GET", /function_calls\/[eh]c-/);

async function putAll(all: string[]): Promise<void> {
  for (const id of all) bench.channels.put(service.target, approval(id), false);
  await bench.until(() => all.every((id) => kindOf(id) === "Sent"));
  service.requests.length = 0;
}

test("many open questions cost one request a poll, seldom and seldomer, up to once a minute", async () => {
  await putAll(ids(30));
  const times: number[] = [];
  service.fault = () => {
    times.push(bench.clock.now().getTime());
    return undefined;
  };
  await bench.leap(service, 600_000);
  expect(reads()).toBe(0);
  expect(service.requests.every(({ url }) => url.endsWith("/agent/function_calls/pending"))).toBe(true);
  const gaps = times.slice(1).map((time, n) => time - (times[n] ?? 0));
  expect(gaps.slice(0, 4)).toEqual([4_000, 8_000, 16_000, 32_000]);
  expect(Math.min(...gaps.slice(4))).toBe(60_000);
});

test("only what is no longer pending is read, and only for the sorts that are open", async () => {
  const all = ids(10);
  await putAll(all);
  service.answer("ec-0000000000000003", { approved: false, comment: "no" });
  await bench.passUntil(() => kindOf("ec-0000000000000003") === "Answered");
  expect(bench.channels.look("ec-0000000000000003")).toMatchObject({
    answer: { decision: "Reject", comment: "no", approver: "ann@example.com", at: new Date("2026-01-01T00:00:02Z") },
  });
  expect(reads()).toBe(1);
  expect(service.count("GET", /human_contacts/)).toBe(0);
});

test("both sorts are listed while both are open", async () => {
  bench.channels.put(service.target, input(), false);
  await putAll(ids(1));
  await bench.comesTo(input().id, "Sent");
  await bench.pass(2_500);
  expect(service.count("GET", /human_contacts\/pending/)).toBe(1);
  expect(service.count("GET", /function_calls\/pending/)).toBe(1);
});

test("the poll ends with the last open question, and begins again with the next", async () => {
  await putAll(ids(2));
  for (const id of ids(2)) bench.channels.drop(id);
  bench.channels.put(service.target, notice(), false);
  await bench.comesTo(notice().id, "Sent");
  await bench.pass(300_000, 10_000);
  expect(lists()).toBe(0);
  expect(bench.clock.pending).toBe(0);
  await putAll(["ec-00000000000000ff"]);
  await bench.pass(3_000);
  expect(lists()).toBe(1);
});

test("questions of an earlier process are found with one list, and those answered meanwhile by themselves", async () => {
  const all = ids(20);
  await putAll(all);
  service.answer(all[7] ?? "", { approved: true, user_info: { email: "bob@example.com" } });
  const next = makeBench();
  for (const id of all) next.channels.put(service.target, approval(id), true);
  await next.passUntil(() => all.every((id) => next.channels.look(id)?.kind !== "Sending"));
  expect(next.channels.look(all[7] ?? "")).toMatchObject({
    answer: { decision: "Approve", approver: "bob@example.com" },
  });
  expect(next.channels.look(all[8] ?? "")).toMatchObject({ kind: "Sent" });
  expect(reads()).toBe(1);
  await next.channels.close(0);
});

test("an item that the service has lost is put again", async () => {
  await putAll(ids(1));
  service.items.clear();
  await bench.passUntil(() => service.items.size === 1);
  await bench.comesTo("ec-0000000000000000", "Sent");
  expect(service.count("POST", /./)).toBe(1);
});

test("a list that leaves items out, or is of others, costs ever fewer reads", async () => {
  service.hasLists = false;
  service.fault = ({ url }) =>
    url.includes("pending") ? { kind: "Status", status: 200, body: [{ call_id: 1 }, 7] } : undefined;
  await putAll(ids(1));
  await bench.leap(service, 3_600_000);
  expect(reads()).toBeGreaterThan(3);
  expect(reads()).toBeLessThan(20);
  expect(kindOf("ec-0000000000000000")).toBe("Sent");
});

test.each([404, 405, 501, 200])("a service without a list (%s) is asked for each item by itself", async (code) => {
  service.fault = ({ url }) => {
    if (!url.includes("pending")) return undefined;
    return code === 200 ? { kind: "Html" } : status(code, "No");
  };
  const all = ids(3);
  await putAll(all);
  await bench.leap(service, 60_000);
  expect(lists()).toBe(1);
  expect(reads()).toBeGreaterThan(3 * 3);
  service.answer(all[2] ?? "", { approved: true });
  await bench.passUntil(() => kindOf(all[2] ?? "") === "Answered");
});

test("without a list items are read in turn, so many a second, each ever more seldom", async () => {
  service.hasLists = false;
  const all = ids(60);
  await putAll(all);
  await bench.clock.advance(2_000);
  await bench.until(() => reads() === 25);
  await bench.pass(900, 100);
  expect(reads()).toBe(25);
  await bench.leap(service, 3_600_000);
  expect(reads()).toBeGreaterThan(60 * 8);
  expect(reads()).toBeLessThan(60 * 20);
}, 30_000);

test("a service that is away meanwhile changes nothing, and is polled more slowly", async () => {
  await putAll(ids(5));
  service.fault = () => status(500, "oops");
  await bench.leap(service, 600_000);
  expect(ids(5).every((id) => kindOf(id) === "Sent")).toBe(true);
  expect(service.requests.length).toBeLessThan(20);
  service.fault = undefined;
  service.answer("ec-0000000000000001", { approved: true });
  await bench.passUntil(() => kindOf("ec-0000000000000001") === "Answered");
});

test("an item that cannot be read just now is still sent", async () => {
  await putAll(ids(1));
  const [id = ""] = ids(1);
  service.fault = () => status(500, "oops");
  const told: string[] = [];
  bench.channels.subscribe((one) => void told.push(one));
  bench.channels.hint(id);
  await bench.clock.advance(0);
  await bench.until(() => reads() === 1 && service.isIdle());
  await bench.pass(1_000, 100);
  expect(kindOf(id)).toBe("Sent");
  expect(told).toEqual([]);
});

test("a poll obeys Retry-After", async () => {
  await putAll(ids(1));
  service.fault = () => status(429, "Slow", { "retry-after": "900" });
  await bench.leap(service, 890_000);
  expect(service.requests).toHaveLength(1);
});

test("a hint is followed at once, and no more often than once a second", async () => {
  await putAll(ids(2));
  const [id = "", other = ""] = ids(2);
  for (let n = 0; n < 50; n++) bench.channels.hint(id);
  await bench.clock.advance(0);
  await bench.until(() => reads() === 1);
  service.answer(id, { approved: true, comment: "" });
  for (let n = 0; n < 50; n++) bench.channels.hint(id);
  await bench.pass(400, 100);
  expect(reads()).toBe(1);
  await bench.pass(700, 100);
  await bench.comesTo(id, "Answered");
  expect(bench.channels.look(id)).toMatchObject({ answer: expect.not.objectContaining({ comment: "" }) as object });
  bench.channels.hint(id);
  bench.channels.hint("ec-unknown");
  await bench.pass(400, 100);
  expect(reads()).toBe(2);
  expect(kindOf(other)).toBe("Sent");
});

test("a hint makes a question that could not be put be tried now", async () => {
  service.fault = () => status(500, "oops");
  bench.channels.put(service.target, approval(), false);
  await bench.comesTo(approval().id, "Unsent");
  await bench.passUntil(() => service.requests.length === 8);
  service.fault = undefined;
  bench.channels.hint(approval().id);
  await bench.clock.advance(0);
  await bench.comesTo(approval().id, "Sent");
});

test("with another key the listening goes on, and what the new project does not have is put there", async () => {
  await putAll(ids(1));
  const [id = ""] = ids(1);
  const other = await startService();
  bench.channels.put({ ...service.target, baseUrl: other.url }, approval(id), true);
  await bench.passUntil(() => other.items.size === 1);
  await bench.comesTo(id, "Sent");
  other.answer(id, { approved: true });
  await bench.passUntil(() => kindOf(id) === "Answered");
  expect(service.requests).toHaveLength(0);
  await other.close();
});

test("an answer that is on its way when the question is let go is not heard", async () => {
  await putAll(ids(1));
  const [id = ""] = ids(1);
  service.fault = () => ({ kind: "Hang" });
  bench.channels.hint(id);
  await bench.clock.advance(0);
  await bench.until(() => reads() === 1);
  const told: string[] = [];
  bench.channels.subscribe((one) => void told.push(one));
  bench.channels.drop(id);
  await bench.pass(60_000, 5_000);
  expect(told).toEqual([id]);
  expect(bench.clock.pending).toBe(0);
});
