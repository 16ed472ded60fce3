// Every page in every state: whoever opens it meets no barrier, it is small, and it asks for each of its files once.

import { flaws } from "./checks.mjs";
import { act, forEachPage, open } from "./pages.mjs";
import { fill } from "./sample.mjs";
import { same, until } from "./stage.mjs";

// Everything that a page is made of, as it is sent.
const MOST_BYTES = 60 * 1024;

export default async (stage) => {
  stage.fill = () => fill(stage);
  let [largest, count] = [0, 0];
  const wrong = [];
  await forEachPage(stage, {}, async (page, window) => {
    const sent = await Sent.watch(window);
    const answer = await open(stage, page, window);
    // It may be large, and has barriers that only its makers can take away; but it must ask nobody else for anything.
    if (page.isSwagger) return;
    await sent.isComplete(window);
    largest = Math.max(largest, sent.bytes());
    const found = [...loose(answer), ...sent.flaws()];
    await act(page, window);
    found.push(...(await flaws(stage, window, page)));
    wrong.push(...found.map((flaw) => `${page.name}: ${flaw}`));
    count++;
  });
  same(wrong, [], "what is wrong with pages");
  stage.tell(`${count} pages in a browser; with its files, the largest is ${largest} bytes`);
};

// What a page's policy allows that it should not.
function loose(answer) {
  const policy = answer.headers()["content-security-policy"] ?? "";
  const isStrict = policy.startsWith("default-src 'none'") && !policy.includes("unsafe");
  return isStrict ? [] : [`its policy is '${policy}'`];
}

// What a page is sent when it is seen for the first time.
class Sent {
  addresses = new Map();
  sizes = new Map();

  static async watch(window) {
    const sent = new Sent();
    const session = await window.context().newCDPSession(window);
    await session.send("Network.enable");
    session.on("Network.requestWillBeSent", ({ requestId, request }) => sent.addresses.set(requestId, request.url));
    session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sent.sizes.set(requestId, encodedDataLength));
    sent.refreshed = window.waitForResponse((response) => response.request().resourceType() === "fetch");
    sent.refreshed.catch(() => {});
    return sent;
  }

  // Waits until all its files are here, and a page that follows events has caught up.
  async isComplete(window) {
    if ((await window.locator("[data-live]").count()) > 0) await (await this.refreshed).finished();
    await until("all files are here", () =>
      [...this.addresses].every(([request, address]) => !address.includes("/assets/") || this.sizes.has(request)),
    );
  }

  bytes() {
    return [...this.sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  flaws() {
    const files = [...this.addresses.values()].filter((address) => address.includes("/assets/"));
    const again = files.filter((address, index) => files.indexOf(address) !== index);
    const found = again.map((address) => `${address} is asked for more than once`);
    if (this.bytes() > MOST_BYTES) found.push(`it has ${this.bytes()} bytes with all its files, more than ${MOST_BYTES}`);
    return found;
  }
}
