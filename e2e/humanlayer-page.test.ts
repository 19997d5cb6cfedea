/**
 * The page of the HumanLayer-compatible server in a real browser: the program as people start it, Chromium without a
 * screen, and the API as the operator uses it. Nothing is asserted about times; what comes by itself is waited for.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, BrowserContext, Page } from "playwright-core";
import { ensureChromium } from "../controlplane/chromium";
import { projectFiles } from "../controlplane/project";
import { SILENT } from "../controlplane/progress";
import type { Item, Json } from "../humanlayer/items";

const { root, node } = projectFiles();
const folder = mkdtempSync(join(tmpdir(), "humanlayer-page-"));
const SCREENSHOT = process.env["KUBECHAIN_SCREENSHOT"];
const PATIENCE_MS = 30_000;

let browser: Browser;
let server: Running;
const contexts: BrowserContext[] = [];

interface Running {
  url: string;
  child: ChildProcess;
  gone: Promise<void>;
}

/** Starts the program on the one database of this file; `port` 0 takes a free one. */
async function start(port = "0", ...more: string[]): Promise<Running> {
  const { HUMANLAYER_API_KEY: _theirs, ...env } = process.env;
  const program = ["--import", "./node_modules/tsx/dist/loader.mjs", "humanlayer/run.ts", "--port", port];
  const child = spawn(node, [...program, "--database", join(folder, "questions.sqlite"), ...more], {
    cwd: root,
    env: { ...env, NODE_OPTIONS: "" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const gone = new Promise<void>((resolve) => child.once("close", () => resolve()));
  const url = await new Promise<string>((resolve, reject) => {
    let printed = "";
    child.stdout.on("data", (chunk: Buffer) => {
      printed += chunk.toString();
      const [, address] = /is ready on (\S+)\n/.exec(printed) ?? [];
      if (address !== undefined) resolve(address);
    });
    void gone.then(() => reject(new Error(`The server ended: ${printed}`)));
  });
  return { url, child, gone };
}

async function stop(running: Running, signal: NodeJS.Signals): Promise<void> {
  running.child.kill(signal);
  await running.gone;
}

const key = (): string => readFileSync(join(folder, "humanlayer-key"), "utf8").trim();

async function api(path: string, body?: Json): Promise<Item> {
  const response = await fetch(`${server.url}/humanlayer/v1${path}`, {
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
    headers: { authorization: `Bearer ${key()}`, "content-type": "application/json" },
  });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (await response.json()) as Item;
}

const approval = (id: string, kwargs: Json, more: Json = {}): Promise<Item> =>
  api("/function_calls", { run_id: "weather-task", call_id: id, spec: { fn: "web__fetch", kwargs, ...more } });
const question = (id: string, spec: Json): Promise<Item> =>
  api("/contact_requests", { run_id: "weather-task", call_id: id, spec });

/** A browser of somebody's own, on the page. Whatever the page would run that is not its own makes the test fail. */
async function visit(): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 900 } });
  contexts.push(context);
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE_MS);
  page.on("dialog", (dialog) => void dialog.dismiss().then(() => complaints.push(`dialog ${dialog.message()}`)));
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("console", (message) => {
    // A browser also reports answers of 4xx and a server that is away here; those are looked at on the page.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      complaints.push(message.text());
  });
  await page.goto(server.url);
  return page;
}
const complaints: string[] = [];

async function logIn(page: Page, name: string, email = "", withKey = key()): Promise<void> {
  await page.getByLabel("Key of this server").fill(withKey);
  await page.getByLabel("Your name").fill(name);
  await page.getByLabel("Your email address").fill(email);
  await page.getByRole("button", { name: "Log in" }).click();
}

async function visitAs(name: string, email = ""): Promise<Page> {
  const page = await visit();
  await logIn(page, name, email);
  await page.getByText(`You answer as ${name}`).waitFor();
  return page;
}

/** The card of one question, open or answered. */
const open = (page: Page, id: string) => page.locator("#open > article", { hasText: id });
const answered = (page: Page, id: string) => page.locator("#answered > article", { hasText: id });
const press = (page: Page, id: string, button: string) =>
  open(page, id).getByRole("button", { name: button, exact: true }).click();

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: await ensureChromium(SILENT),
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
  server = await start();
});

afterEach(async () => {
  expect(complaints.splice(0)).toEqual([]);
  await Promise.all(contexts.splice(0).map((context) => context.close()));
});

afterAll(async () => {
  await browser?.close();
  if (server !== undefined) await stop(server, "SIGTERM");
  rmSync(folder, { recursive: true });
});

test("lets nobody in without the key, and says so", async () => {
  const page = await visit();
  await logIn(page, "Eve", "", "hl-wrong");
  expect(await page.getByRole("alert").textContent()).toMatch(/not the key/);
  expect(await page.getByLabel("Your name").inputValue()).toBe("Eve");
  for (const path of ["/questions", "/question/function_call/ec-1"])
    expect([path, (await page.request.get(server.url + path)).status()]).toEqual([path, 401]);
  const posted = await page.request.post(`${server.url}/answer`, {
    form: { kind: "function_call", call_id: "ec-1", choice: "approve" },
  });
  expect(posted.status()).toBe(401);
});

test("says that nothing is waiting, until something is: by itself", async () => {
  const page = await visitAs("Ada");
  await page.getByText("Nothing is waiting.").waitFor();
  expect(await page.title()).toBe("People in the loop");
  const cookies = await page.context().cookies();
  expect(cookies).toMatchObject([{ httpOnly: true, sameSite: "Strict" }]);
  await approval("ec-first", { url: "https://example.com" });
  await open(page, "ec-first").waitFor();
  expect(await page.getByText("Nothing is waiting.").count()).toBe(0);
  expect(await page.title()).toBe("(1) People in the loop");
  await press(page, "ec-first", "Approve");
  await page.getByText("Nothing is waiting.").waitFor();
});

test("shows hostile arguments as what they are, and approves the call under the person's name", async () => {
  const attack = `</pre><script>alert(1)</script><img src=x onerror="alert(2)">`;
  const channel = { email: { address: "ada@example.com" } };
  await approval("ec-attack", { [attack]: attack, pay: "to \u202eeve", nested: { list: [1, null] } }, { channel });
  const page = await visitAs("Ada <b>Lovelace</b>", "ada@example.com");
  const shown = await open(page, "ec-attack").locator("pre").textContent();
  expect(shown).toContain(JSON.stringify(attack));
  expect(shown).toContain(String.raw`"pay": "to \u202eeve"`);
  expect(await page.locator("article script, article img").count()).toBe(0);
  await open(page, "ec-attack").getByText("for email ada@example.com").waitFor();

  await press(page, "ec-attack", "Approve");
  await answered(page, "ec-attack").waitFor();
  expect(await page.locator("#notice").textContent()).toMatch(/ec-attack was approved by Ada <b>Lovelace<\/b> \(ada@/);
  expect((await api("/function_calls/ec-attack")).status).toMatchObject({
    approved: true,
    user_info: { name: "Ada <b>Lovelace</b>", email: "ada@example.com" },
  });
});

test("lets a very long call be approved only where all of it is shown", async () => {
  const text = `begin ${"x".repeat(30_000)} end`;
  await approval("ec-long", { text });
  const page = await visitAs("Ada");
  const card = open(page, "ec-long");
  await card.getByText("more characters follow").waitFor();
  expect(await card.getByRole("button").count()).toBe(0);
  await page.waitForFunction("document.documentElement.scrollWidth <= window.innerWidth"); // It lays itself out anew.
  await card.getByRole("link", { name: "Read all of it and answer" }).click();
  expect(await page.locator("pre").textContent()).toBe(JSON.stringify({ text }, null, 2));
  await page.getByRole("button", { name: "Approve" }).click();
  await page.locator("#notice", { hasText: "ec-long was approved by Ada" }).waitFor();
  expect((await api("/function_calls/ec-long")).status["approved"]).toBe(true);
});

test("rejects with the comment, typed and sent with the keyboard alone", async () => {
  await approval("ec-no", { url: "https://example.com/private" });
  const page = await visitAs("Grace");
  await open(page, "ec-no").getByLabel("Comment").focus();
  await page.keyboard.type("Not this page,\nplease.");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await answered(page, "ec-no").getByText("Rejected by Grace").waitFor();
  expect((await api("/function_calls/ec-no")).status).toMatchObject({
    approved: false,
    comment: "Not this page,\nplease.",
  });
});

test("says that an answer could not be taken, when the server refuses it unread", async () => {
  await approval("ec-verbose", { n: 1 });
  const page = await visitAs("Ada");
  await open(page, "ec-verbose").getByLabel("Comment").fill("x".repeat(1_100_000));
  await press(page, "ec-verbose", "Reject");
  await open(page, "ec-verbose").getByRole("alert").getByText("larger than").waitFor();
  await open(page, "ec-verbose").getByLabel("Comment").fill("Shorter.");
  await press(page, "ec-verbose", "Reject");
  await answered(page, "ec-verbose").getByText("Shorter.").waitFor();
});

test("offers the options of a question, and wants words where they are needed", async () => {
  const response_options = [
    { name: "rome", title: "Rome", description: "The capital of Italy", prompt_fill: "Take Rome." },
    { name: "other", title: "Another city", interactive: true },
  ];
  const slack = { channel_or_user_id: "C123", allowed_responder_ids: ["U1", "U2"] };
  await question("hc-city", { msg: "Which city?", response_options, channel: { slack } });
  await question("hc-city2", { msg: "And then?", response_options });
  const page = await visitAs("Ada");
  const second = page.locator("[id='human_contact/hc-city2']");
  const first = page.locator("[id='human_contact/hc-city']");
  await first.getByText("On Slack only U1, U2 may answer. This page stands in for Slack").waitFor();

  await first.getByRole("button", { name: "Rome" }).click();
  await second.getByRole("button", { name: "Another city" }).click();
  await second.getByRole("alert").getByText("needs words").waitFor();
  await second.getByLabel("Your answer").fill("Paris");
  await second.getByRole("button", { name: "Another city" }).click();
  await page.getByText("Nothing is waiting.").waitFor();
  expect((await api("/contact_requests/hc-city")).status).toMatchObject({
    response: "Take Rome.",
    response_option_name: "rome",
  });
  expect((await api("/contact_requests/hc-city2")).status).toMatchObject({
    response: "Paris",
    response_option_name: "other",
  });
});

test("keeps half-typed words while other questions come and go, and when somebody else was faster", async () => {
  await question("hc-slow", { msg: "What do you think?" });
  await approval("ec-quick", { n: 1 });
  const [ada, grace] = [await visitAs("Ada"), await visitAs("Grace")];
  const words = open(ada, "hc-slow").getByLabel("Your answer");
  await words.fill("I have been thinking that");
  await approval("ec-new", { n: 2 });
  await press(grace, "ec-quick", "Approve");
  await open(ada, "ec-new").waitFor();
  await answered(ada, "ec-quick").waitFor();
  expect(await words.inputValue()).toBe("I have been thinking that");

  await open(grace, "hc-slow").getByLabel("Your answer").fill("Nothing.");
  await press(grace, "hc-slow", "Respond");
  await open(ada, "hc-slow").getByRole("alert").getByText("Answered by Grace").waitFor();
  expect(await words.inputValue()).toBe("I have been thinking that");
  expect(await open(ada, "hc-slow").getByRole("button", { name: "Respond" }).isDisabled()).toBe(true);
  await press(grace, "ec-new", "Approve");
  await answered(grace, "ec-new").waitFor();
});

test("tells the second to answer who was first", async () => {
  await approval("ec-race", { n: 1 });
  const [ada, grace] = [await visitAs("Ada"), await visitAs("Grace", "grace@example.com")];
  // Ada's page no longer hears of anything, as on a train.
  await ada.route("**/questions?*", (route) => route.abort());
  await press(grace, "ec-race", "Reject");
  await answered(grace, "ec-race").waitFor();
  await press(ada, "ec-race", "Approve");
  await ada.locator("#notice", { hasText: /too late.*rejected by Grace \(grace@example\.com\)/ }).waitFor();
  expect((await api("/function_calls/ec-race")).status["approved"]).toBe(false);
});

test("shows a final answer as something to be seen, and says whose it is", async () => {
  const state = { uid: "u-1", kind: "Task", namespace: "default", name: "weather-task" };
  await question("hc-told", { msg: "It rains in Rome.", state });
  const page = await visitAs("Ada");
  await open(page, "hc-told").getByRole("heading", { name: "For your information" }).waitFor();
  await open(page, "hc-told").getByText("Task default/weather-task").waitFor();
  expect(await open(page, "hc-told").getByRole("textbox").count()).toBe(0);
  await press(page, "hc-told", "Seen");
  await answered(page, "hc-told").getByText("Seen.").waitFor();
});

test("takes no form that is not of the session", async () => {
  await approval("ec-forged", { n: 1 });
  const page = await visitAs("Ada");
  const form = { kind: "function_call", call_id: "ec-forged", choice: "approve" };
  const csrf = String(await page.locator("input[name=csrf]").first().inputValue());
  const post = async (fields: Record<string, string>, headers = {}): Promise<number> =>
    (await page.request.post(`${server.url}/answer`, { form: fields, headers, maxRedirects: 0 })).status();
  expect(await post(form)).toBe(403);
  expect(await post({ ...form, csrf: `${csrf}x` })).toBe(403);
  expect(await post({ ...form, csrf }, { "sec-fetch-site": "cross-site" })).toBe(403);
  expect((await api("/function_calls/ec-forged")).status["approved"]).toBeNull();
  expect(await post({ ...form, csrf })).toBe(303);
  expect((await api("/function_calls/ec-forged")).status["approved"]).toBe(true);
});

test("works without scripts", async () => {
  await approval("ec-plain", { n: 1 });
  const context = await browser.newContext({ javaScriptEnabled: false });
  contexts.push(context);
  const page = await context.newPage();
  await page.goto(server.url);
  await logIn(page, "Ada");
  await press(page, "ec-plain", "Approve");
  expect(await page.locator("#notice").textContent()).toMatch(/ec-plain was approved by Ada/);
});

test("goes on after the server was killed and started again on the same file", async () => {
  await approval("ec-kept", { n: 1 });
  await question("hc-kept", { msg: "Still there?" });
  const page = await visitAs("Ada");
  await open(page, "hc-kept").getByLabel("Your answer").fill("Half a sent");
  await stop(server, "SIGKILL");
  await page.getByText("The server cannot be reached").waitFor();
  await press(page, "ec-kept", "Approve");
  await open(page, "ec-kept").getByRole("alert").getByText("try again").waitFor();

  server = await start(new URL(server.url).port);
  await page.locator("#connection:empty").waitFor({ state: "attached" });
  expect(await open(page, "hc-kept").getByLabel("Your answer").inputValue()).toBe("Half a sent");
  await press(page, "ec-kept", "Approve");
  await answered(page, "ec-kept").waitFor();
  await open(page, "hc-kept").getByLabel("Your answer").fill("Half a sentence");
  await press(page, "hc-kept", "Respond");
  await answered(page, "hc-kept").getByText("Half a sentence").waitFor();
  expect((await api("/function_calls/ec-kept")).status["approved"]).toBe(true);
});

test("fits on a phone, with every field named", async () => {
  await approval("ec-phone", { url: `https://example.com/${"long/".repeat(60)}` });
  await question("hc-phone", { msg: "Shall we?", response_options: [{ name: "y", title: "Yes, by all means" }] });
  const page = await visitAs("Ada Lovelace", "ada@example.com");
  if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT, fullPage: true });
  await page.setViewportSize({ width: 360, height: 740 });
  await page.waitForFunction("document.documentElement.scrollWidth <= window.innerWidth"); // It lays itself out anew.
  expect(
    await page.evaluate("[...document.querySelectorAll('textarea')].every((field) => field.labels.length === 1)"),
  ).toBe(true);
  expect(await open(page, "ec-phone").getAttribute("aria-labelledby")).toBe("function_call/ec-phone-title");
  if (SCREENSHOT) await page.screenshot({ path: SCREENSHOT.replace(".png", "-phone.png"), fullPage: true });
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("Key of this server").waitFor();
});

test("leads to everything that is open, however much it is, and stays on its page while more comes", async () => {
  await question("hc-eldest", { msg: "Who was first?" });
  const ask = async (from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n++) await approval(`ec-many-${n}.`, { n });
  };
  await ask(1, 230);
  const page = await visitAs("Ada");
  const total = Number(/\d+/.exec(await page.title())?.[0]);
  expect(total).toBeGreaterThan(230);
  const above = page.getByRole("navigation", { name: "Pages, above the questions" });
  const below = page.getByRole("navigation", { name: "Pages, below the questions" });
  await below.getByText(`1 to 100 of ${total}, newest first.`).waitFor();
  expect(await open(page, "ec-many-230.").count()).toBe(1);

  await below.getByRole("link", { name: "Older" }).click();
  await below.getByText(`101 to 200 of ${total}, newest first.`).waitFor();
  expect(await open(page, "ec-many-130.").count()).toBe(1);
  await open(page, "ec-many-120.").getByLabel("Comment").fill("Half a sent");
  await ask(231, 232);
  await below.getByText(`103 to 202 of ${total + 2}, newest first.`).waitFor();
  expect(await open(page, "ec-many-130.").count()).toBe(1);
  expect(await open(page, "ec-many-120.").getByLabel("Comment").inputValue()).toBe("Half a sent");
  await press(page, "ec-many-130.", "Approve");
  await page.locator("#notice", { hasText: "ec-many-130. was approved by Ada" }).waitFor();
  await open(page, "ec-many-30.").waitFor(); // The page closes up from behind.

  await above.getByRole("link", { name: "Newer" }).click();
  await below.getByText("3 to 102 of").waitFor();
  await above.getByRole("link", { name: "Newest" }).click();
  await open(page, "ec-many-232.").waitFor();
  await below.getByRole("link", { name: "Oldest" }).click();
  await open(page, "hc-eldest").waitFor();
  expect(await below.getByRole("link", { name: "Older" }).count()).toBe(0);
  await above.getByRole("link", { name: "Newest" }).click();
  await open(page, "ec-many-232.").waitFor();
});

test("keeps what is being typed, and takes it, when newer ones move the question to another page", async () => {
  await approval("ec-moved", { n: 1 });
  const page = await visitAs("Ada");
  await open(page, "ec-moved").getByLabel("Comment").fill("Not yet.");
  for (let n = 1; n <= 100; n++) await approval(`ec-mover-${n}.`, { n });
  await open(page, "ec-mover-100.").waitFor();
  expect(await open(page, "ec-mover-1.").count()).toBe(1);
  await press(page, "ec-moved", "Reject");
  await answered(page, "ec-moved").getByText("Not yet.").waitFor();
});
