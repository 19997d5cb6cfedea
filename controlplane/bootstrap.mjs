// The first thing every script of this folder runs, with whatever Node.js the machine has: it makes sure that
// node_modules holds what package-lock.json asks for, and runs `npm ci` when it does not. Plain JavaScript without
// dependencies, because on a fresh clone there are none. It writes to standard error only.
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";

const LEAST_NODE = [20, 19];

/** The versions package-lock.json asks for and npm's own record of what it installed; optional packages may be absent. */
function isInstalled() {
  if (!existsSync("node_modules/.package-lock.json") || !existsSync("node_modules/node/bin/node")) return false;
  const wanted = packagesOf("package-lock.json");
  const installed = packagesOf("node_modules/.package-lock.json");
  return Object.entries(wanted).every(
    ([path, { version, optional, link }]) => path === "" || optional || link || installed[path]?.version === version,
  );
}

function packagesOf(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

function refuse(message) {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

/** Runs `npm ci` quietly, with the elapsed time on a terminal, and shows what it said only when it failed. */
function install() {
  const begun = Date.now();
  const seconds = () => `${Math.round((Date.now() - begun) / 1000)} s`;
  const title = "installing the packages (once, about a minute)";
  const onTerminal = process.stderr.isTTY;
  if (!onTerminal) process.stderr.write(`▸ ${title}\n`);
  const show = () => process.stderr.write(`\r\x1b[K▸ ${title} … ${seconds()}`);
  const ticking = onTerminal ? setInterval(show, 1000) : undefined;

  const npm = spawn("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  npm.stdout.on("data", (chunk) => (said += chunk));
  npm.stderr.on("data", (chunk) => (said += chunk));
  npm.on("error", (error) => refuse(`npm could not be started: ${error.message}`));
  npm.on("close", (code) => {
    clearInterval(ticking);
    if (code !== 0) {
      refuse(`${said}\n✗ installing the packages failed (npm ci ended with ${code}). What npm said is above.`);
    }
    process.stderr.write(`${onTerminal ? "\r\x1b[K" : ""}✓ installed the packages (${seconds()})\n`);
  });
}

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < LEAST_NODE[0] || (major === LEAST_NODE[0] && minor < LEAST_NODE[1])) {
  refuse(`Node.js ${LEAST_NODE.join(".")} or newer is needed; this is ${process.versions.node}.`);
}
if (!isInstalled()) install();
