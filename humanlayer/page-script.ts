/**
 * The page's own script, as it is sent to browsers. It fetches the board again every two seconds and replaces only what has
 * changed, so that nobody loses what they are typing; answers go out without leaving the page. Without it everything still
 * works by reloading. It puts text into the page, never HTML from anywhere but this server's board.
 */
export const SCRIPT = `"use strict";
(() => {
  const board = document.getElementById("board");
  const notice = document.getElementById("notice");
  const connection = document.getElementById("connection");
  let revision = board ? board.dataset.revision : "";
  const before = board && board.dataset.before ? "&before=" + board.dataset.before : "";
  let isBusy = false;
  let answers = 0;

  const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
  const words = new Intl.RelativeTimeFormat("en");
  function ago(date) {
    const seconds = Math.round((Date.now() - date) / 1000);
    const unit = UNITS.find(([, size]) => seconds >= size);
    return unit ? words.format(-Math.floor(seconds / unit[1]), unit[0]) : "just now";
  }
  function showTimes() {
    for (const time of document.querySelectorAll("time")) {
      const date = new Date(time.dateTime);
      time.title = date.toLocaleString();
      const text = ago(date);
      if (time.textContent !== text) time.textContent = text;
    }
  }

  const isTyped = (card) => [...card.querySelectorAll("textarea")].some(
    (field) => field.value !== field.defaultValue || field === document.activeElement);

  // Somebody else was faster, and here are words that were not sent: they stay until the page is left. A card that is in
  // neither list has moved to another page by newer ones, and can be answered where it is.
  function retire(card, fresh) {
    const over = fresh.getElementById(card.id + "-answered");
    if (!over || card.classList.contains("stale")) return;
    card.classList.add("stale");
    for (const button of card.querySelectorAll("button")) button.disabled = true;
    const outcome = over.querySelector(".outcome").textContent.trim().replace(/\\s+/g, " ");
    card.querySelector(".fault").textContent =
      outcome + ". Your answer was not sent; what you typed stays here until you leave the page.";
  }

  // Keeps what is there where it is, so that focus and half-typed words stay; only adds, replaces and takes away.
  function renew(id, fresh) {
    const list = document.getElementById(id);
    const wanted = [...fresh.getElementById(id).children];
    const ids = new Set(wanted.map((child) => child.id));
    for (const child of [...list.children]) {
      if (ids.has(child.id)) continue;
      if (isTyped(child)) retire(child, fresh);
      else child.remove();
    }
    let next = null;
    for (const child of wanted.reverse()) {
      const there = [...list.children].find((one) => one.id === child.id);
      const isUsed = there && (isTyped(there) || there.matches("nav:focus-within"));
      if (there && (there.dataset.version === child.dataset.version || isUsed)) {
        next = there;
        continue;
      }
      const copy = document.importNode(child, true);
      if (there) there.replaceWith(copy);
      else list.insertBefore(copy, next);
      next = copy;
    }
  }

  async function refresh() {
    if (isBusy) return;
    isBusy = true;
    const answersBefore = answers;
    try {
      const answer = await fetch("/questions?revision=" + encodeURIComponent(revision) + before, {
        signal: AbortSignal.timeout(10000), redirect: "error" });
      const text = await answer.text();
      // What was fetched while an answer was given may still show the question as open.
      if (answer.status === 200 && answersBefore === answers) {
        const fresh = new DOMParser().parseFromString(text, "text/html");
        for (const id of ["open", "answered"]) renew(id, fresh);
        const title = fresh.getElementById("open-title").textContent;
        document.getElementById("open-title").textContent = title;
        document.title = document.title.replace(/^\\(\\d+\\) /, "");
        const open = /\\((\\d+)\\)/.exec(title)[1];
        if (open !== "0") document.title = "(" + open + ") " + document.title;
        revision = answer.headers.get("x-revision");
      }
      say(answer.status === 401 ? "You are logged out. Log in again in another tab to go on here." :
        answer.ok ? "" : "The server has a problem; trying again.");
    } catch {
      say("The server cannot be reached; trying again. What you have typed stays here.");
    } finally {
      isBusy = false;
      showTimes();
    }
  }

  function say(text) {
    if (connection.textContent !== text) connection.textContent = text;
  }

  async function send(form, button) {
    const card = form.closest("article");
    const fault = form.querySelector(".fault");
    const buttons = [...form.querySelectorAll("button")];
    const body = new URLSearchParams(new FormData(form, button));
    fault.textContent = "";
    for (const one of buttons) one.disabled = true;
    try {
      const answer = await fetch("/answer", {
        method: "POST", body, headers: { accept: "application/json" }, signal: AbortSignal.timeout(10000) });
      // Whatever is no outcome (a body that is too large, a full disk) says what was wrong in the API's form.
      const { kind = "Refused", error, said = error.message } = await answer.json();
      answers += 1;
      if (kind === "Done") card.remove();
      if (kind === "Refused") {
        fault.textContent = said;
        form.querySelector("textarea")?.focus();
      } else {
        notice.textContent = said;
        notice.focus();
      }
    } catch {
      fault.textContent = "The server cannot be reached. Your answer may not have arrived: try again in a moment.";
    } finally {
      for (const one of buttons) one.disabled = card.classList.contains("stale");
    }
    await refresh();
  }

  showTimes();
  if (!board) return;
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") !== "/answer") return;
    event.preventDefault();
    void send(event.target, event.submitter);
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) void refresh(); });
  const next = () => setTimeout(() => void refresh().then(next), document.hidden ? 15000 : 2000);
  next();
})();
`;
