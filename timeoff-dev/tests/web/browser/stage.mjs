// What a story is played on: a chromium, people in it, and whoever started it.

import { createInterface } from "node:readline";
import { createRequire } from "node:module";
import { mkdirSync } from "node:fs";

import { Proxy } from "./proxy.mjs";

// Only a failing story waits this long.
const PATIENCE = 60_000;

// A page takes no click in the first moments after it has changed; see assets/script.js.
const AGAIN = 1_000;

// What an answer of 400 or more has the browser say, whatever the page is.
const ANSWERED = /^Failed to load resource: the server responded with a status of [45]/;

export class Stage {
  // What the pages have complained about.
  troubles = [];
  #lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

  static async open({ chromium, ...settings }) {
    const stage = new Stage();
    Object.assign(stage, settings);
    stage.proxy = await Proxy.start();
    const require = createRequire(`${stage.tools}/`);
    stage.browser = await require("playwright-core").chromium.launch({
      executablePath: chromium,
      // What the browser itself asks its makers stays here; what pages ask for goes to the proxy.
      args: ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
    });
    return stage;
  }

  // Says what comes now. If the story fails, the last one is the step that failed.
  step(what) {
    console.log(`- ${what}`);
  }

  // Says what was measured, for whoever reads the test output.
  tell(figure) {
    console.log(`= ${figure}`);
  }

  // Has whoever started the story do something, and waits until it is done.
  async ask(what) {
    console.log(`? ${what}`);
    const { done } = await this.#lines.next();
    if (done) throw new Error(`nobody answers to: ${what}`);
  }

  // A window of its own with nothing in its cache, in somebody's name unless it is null.
  async window(email, options = {}) {
    const context = await this.browser.newContext({
      baseURL: this.origin,
      locale: "en-GB",
      viewport: { width: 1280, height: 800 },
      proxy: { server: this.proxy.address, bypass: new URL(this.origin).host },
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    if (email) {
      // Not in the window: it is to see its first page as one that it has nothing of yet.
      const body = new URLSearchParams({ email, return_to: "/" });
      const signed = await fetch(`${this.origin}/sign-in`, { method: "POST", body, redirect: "manual" });
      same(signed.status, 303, `the answer to ${email}, who signs in`);
      const [name, value] = signed.headers.get("set-cookie").split(";")[0].split("=");
      await context.addCookies([{ name, value, url: this.origin }]);
    }
    const page = await context.newPage();
    const trouble = (what) => this.troubles.push(`${email ?? "nobody"} at ${page.url()}: ${what}`);
    page.on("pageerror", (error) => trouble(error));
    page.on("console", (message) => {
      const isAsset = message.location().url.includes("/assets/");
      const isAnswer = ANSWERED.test(message.text()) && !isAsset;
      if (["error", "warning"].includes(message.type()) && !isAnswer) trouble(message.text());
    });
    return page;
  }

  // A window in somebody's name, at this address.
  async at(path, email, options) {
    const page = await this.window(email, options);
    await page.goto(path);
    return page;
  }

  // Ends the story: nothing may be left to complain about, and no request may have left the origin.
  async close() {
    const seen = [...this.proxy.seen];
    await this.#provesThatTheProxySees();
    await this.browser.close();
    this.proxy.stop();
    same(this.troubles, [], "what the pages have complained about");
    same(seen, [], "what pages have asked others than their origin for");
  }

  async #provesThatTheProxySees() {
    const page = await this.window(null);
    await page.goto("http://elsewhere.invalid/").catch(() => {});
    if (!this.proxy.seen.some((line) => line.includes("elsewhere.invalid"))) throw new Error("the proxy sees nothing");
  }

  // Says why the story failed, with a picture of each window, and ends the process.
  async fail(error) {
    console.log(`! ${error?.stack ?? error}`);
    for (const trouble of this.troubles) console.log(`! ${trouble}`);
    mkdirSync(this.folder, { recursive: true });
    const pages = this.browser.contexts().flatMap((context) => context.pages());
    for (const [number, page] of pages.entries()) {
      const path = `${this.folder}/${this.name}-${number + 1}.png`;
      const taken = page.screenshot({ path, fullPage: true, timeout: 5_000 });
      await taken.then(
        () => console.log(`! ${page.url()} is shown in ${path}`),
        (error) => console.log(`! there is no picture of ${page.url()}: ${error}`),
      );
    }
    process.exit(1);
  }
}

// Both must be the same when they are written down.
export function same(found, expected, what) {
  const [one, other] = [found, expected].map((value) => JSON.stringify(value, null, 1));
  if (one !== other) throw new Error(`${what}: expected ${other}, found ${one}`);
}

// Waits until something is true. Only a failing story waits so long.
export async function until(what, condition) {
  const end = Date.now() + PATIENCE;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not true in time: ${what}`);
    await new Promise((again) => setTimeout(again, 20));
  }
}

// Does what sends a form until it is sent: a page that has changed a moment ago does not send any.
export async function send(page, act) {
  let isSent = false;
  const watch = (request) => (isSent ||= request.method() === "POST" && request.isNavigationRequest());
  page.on("request", watch);
  await until("the form is sent", async () => {
    await act();
    const end = Date.now() + AGAIN;
    while (!isSent && Date.now() < end) await new Promise((again) => setTimeout(again, 10));
    return isSent;
  });
  page.off("request", watch);
}

// Marks a page, to be recognised as long as it is not loaded again.
export const mark = (page) => page.evaluate(() => (window.isMarked = true));

export const isMarked = (page) => page.evaluate(() => window.isMarked === true);
