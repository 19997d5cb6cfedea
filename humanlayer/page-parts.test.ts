/** What the page is made of: escaping, visible text, sessions. */
import { html, visible } from "./markup";
import { personOf, sessionCookie, sessionIn } from "./sessions";

describe("markup", () => {
  test("escapes everything that is not markup, in text and in attributes", () => {
    const hostile = `<script>alert("1")</script> & 'more'`;
    const { text } = html`<p title="${hostile}">${[html`<b>${hostile}</b>`, undefined, false]}</p>`;
    const harmless = "&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;more&#39;";
    expect(text).toBe(`<p title="${harmless}"><b>${harmless}</b></p>`);
  });

  test.each([
    ["a turn of the direction of writing", "pay \u202e001$", "pay \\u202e001$"],
    ["an invisible character", "a\u200bb\ufeff", "a\\u200bb\\ufeff"],
    ["a control character", "a\u0008\u001b[2Kb\r", "a\\u0008\\u001b[2Kb\\u000d"],
    ["an invisible letter", "a\u3164b", "a\\u3164b"],
    ["a tag character", "a\u{e0041}", "a\\udb40\\udc41"],
    ["half a character", "a\ud800", "a\\ud800"],
    ["ordinary text", "Grüße, 東京 😀\n\tok", "Grüße, 東京 😀\n\tok"],
  ])("shows %s", (_what, text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});

describe("a session", () => {
  const now = new Date("2026-11-21T10:00:00Z");
  const cookie = sessionCookie("key", { name: "Ada", email: "ada@example.com" }, now);

  test("is the person's again, for whoever has the key", () => {
    expect(sessionIn(cookie, "key", now)?.person).toEqual({ name: "Ada", email: "ada@example.com" });
  });

  test("ends after a week, with another key, and with any other letter", () => {
    const week = 7 * 24 * 3_600_000;
    expect(sessionIn(cookie, "key", new Date(now.getTime() + week - 1))).toBeDefined();
    expect(sessionIn(cookie, "key", new Date(now.getTime() + week + 1))).toBeUndefined();
    expect(sessionIn(cookie, "other", now)).toBeUndefined();
    const [content = "", signature = ""] = cookie.split(".");
    const forged = Buffer.from(JSON.stringify({ name: "Eve", until: 9e15 })).toString("base64url");
    for (const value of [`${forged}.${signature}`, content, `${content}.`, `.${signature}`, "", undefined])
      expect(sessionIn(value, "key", now)).toBeUndefined();
  });

  test("has a token for forms that is no other session's", () => {
    const other = sessionCookie("key", { name: "Eve" }, now);
    expect(sessionIn(cookie, "key", now)?.csrf).not.toBe(sessionIn(other, "key", now)?.csrf);
  });

  test.each([
    ["", "", /name/],
    [" \u200b ", "", /name/],
    ["x".repeat(201), "", /200/],
    ["Ada", "ada at home", /email/],
  ])("wants a name and a possible address, not %j and %j", (name, email, sentence) => {
    expect(personOf(name, email)).toMatch(sentence);
  });
});
