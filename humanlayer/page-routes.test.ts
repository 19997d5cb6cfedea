/** The page over HTTP, without a socket: what of the open questions an address shows. */
import { createPage } from "./page-routes";
import { sessionCookie } from "./sessions";
import type { Store } from "./store";
import { openStore } from "./store";

const KEY = "hl-test-0123456789";

function pageOf(store: Store): (path: string) => Promise<string> {
  const page = createPage({ store, key: KEY, tell: () => undefined, cookieName: () => "session" });
  const cookie = `session=${sessionCookie(KEY, { name: "Ada" }, new Date())}`;
  return async (path) => (await page.request(path, { headers: { cookie } })).text();
}

function filled(count: number): Store {
  const store = openStore(":memory:");
  for (let n = 1; n <= count; n++) {
    store.add(
      "function_call",
      { run_id: "run", call_id: `ec-${n}`, spec: { fn: "web__fetch", kwargs: {} } },
      new Date(),
    );
  }
  return store;
}

const idsIn = (text: string): string[] => [...text.matchAll(/id="function_call\/(ec-\d+)"/g)].map(([, id]) => id ?? "");
const linkIn = (text: string, name: string): string | undefined =>
  new RegExp(`<a href="([^"]*)">${name}</a>`).exec(text)?.[1];

test("everything that is open is reached by turning the pages, once each, and its number is said", async () => {
  const look = pageOf(filled(230));
  const seen: string[] = [];
  for (let path: string | undefined = "/"; path !== undefined; ) {
    const text = await look(path);
    expect(text).toContain("Waiting for you (230)");
    expect(text).toContain(`${seen.length + 1} to ${seen.length + idsIn(text).length} of 230, newest first.`);
    seen.push(...idsIn(text));
    path = linkIn(text, "Older");
  }
  expect(seen).toEqual(Array.from({ length: 230 }, (_, i) => `ec-${230 - i}`));
});

test("the board that is fetched again is of the same page", async () => {
  const look = pageOf(filled(230));
  const older = linkIn(await look("/"), "Older") ?? "";
  expect(idsIn(await look(`/questions${older.slice(1)}`))).toEqual(idsIn(await look(older)));
  expect(await look(older)).toContain(`data-before="${older.replace("/?before=", "")}"`);
});

test("what fits on one page has no others", async () => {
  expect(await pageOf(filled(100))("/")).not.toContain("<nav");
});

test.each(["/?before=x", "/?before=-1", "/?before=1e3", `/?before=${"9".repeat(40)}`])(
  "an address that names no place shows the newest: %s",
  async (path) => {
    expect(idsIn(await pageOf(filled(3))(path))).toEqual(["ec-3", "ec-2", "ec-1"]);
  },
);

test("a page on which nothing is left leads back to the newest", async () => {
  const text = await pageOf(filled(3))("/?before=1");
  expect(text).toContain("None of these is waiting any more; 3 newer ones are.");
  expect(linkIn(text, "Newest")).toBe("/");
});
