// A proxy that all of a browser's windows are told to use for whatever is not at the service's origin. It passes nothing
// on: it only remembers what it was asked for.

import { createServer } from "node:net";

// The browser asks its makers what the fields of a form mean, as if the page did. Playwright's own list of features that
// are off leaves that out, and a second list would replace it.
const OF_THE_BROWSER = "CONNECT content-autofill.googleapis.com:443 ";

export class Proxy {
  // The first line of each request.
  seen = [];

  static async start() {
    const proxy = new Proxy();
    proxy.server = createServer((connection) => {
      connection.on("error", () => {});
      connection.once("data", (bytes) => {
        const line = bytes.toString().split("\r\n")[0];
        if (!line.startsWith(OF_THE_BROWSER)) proxy.seen.push(line);
        connection.end("HTTP/1.1 403 Forbidden\r\nConnection: close\r\n\r\n");
      });
    });
    await new Promise((listening) => proxy.server.listen(0, "127.0.0.1", listening));
    proxy.address = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  stop() {
    this.server.close();
  }
}
