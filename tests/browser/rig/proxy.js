// A network between browser and daemon that can be cut without a word (nothing passes, nobody is told), or keeps what it hands on.
//
// What must never live here: HTTP or WebSocket.

import { createServer, connect } from "node:net";
import { once } from "node:events";

export class Proxy {
  /** `late`: on connections where such words were said everything comes `lateMs` later. */
  static async to({ host }, { late = /$^/, lateMs = 0 } = {}) {
    const proxy = new Proxy();
    Object.assign(proxy, { late, lateMs });
    const [address, port] = host.split(":");
    proxy.pairs = new Set();
    proxy.server = createServer((near) => proxy.pair(near, connect(Number(port), address)));
    proxy.server.listen(0, "127.0.0.1");
    await once(proxy.server, "listening");
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}/`;
    return proxy;
  }

  pair(near, far) {
    const pair = { near, far };
    this.pairs.add(pair);
    near.on("data", (data) => (pair.late ||= this.late.test(data.toString("latin1"))));
    for (const [from, to] of [[near, far], [far, near]]) {
      from.setNoDelay(true);
      from.on("data", (data) => (pair.late ? setTimeout(() => to.destroyed || to.write(data), this.lateMs) : to.write(data)));
      from.on("error", () => {});
      from.on("close", () => {
        if (!this.isCut) to.destroy();
        this.pairs.delete(pair);
      });
    }
    if (this.isCut) this.still(pair);
  }

  still({ near, far }) {
    near.pause();
    far.pause();
  }

  cut() {
    this.isCut = true;
    this.pairs.forEach((pair) => this.still(pair));
  }

  mend() {
    this.isCut = false;
    for (const { near, far } of this.pairs) {
      near.resume();
      far.resume();
    }
  }

  close() {
    this.server.close();
    for (const { near, far } of this.pairs) {
      near.destroy();
      far.destroy();
    }
  }
}
