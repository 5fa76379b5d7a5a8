// A car-daemon as a process of its own: simulated car, free ports, all that it writes in a folder of its own.
//
// What must never live here: what a test expects of it.

import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { once } from "node:events";

/** How long a daemon may take to listen or to end; nothing waits for it unless it fails. */
const PATIENCE_MS = 30_000;

/**
 * Small pictures, not often: drawing, decoding and showing them is most of what a test costs, and a page that gets no
 * processor for 300 ms no longer drives, as it should.
 */
const CAMERA = "width = 320\nheight = 240\nrate_hz = 10\n";

export class Daemon {
  /** `config`: lines of TOML; `camera`: those of its camera; `args`: more arguments; `world`: where the car stands. */
  static async start({ config = "", camera = CAMERA, args = [], world = "open", http = "127.0.0.1:0", ws = "127.0.0.1:0" } = {}) {
    const daemon = new Daemon();
    daemon.folder = mkdtempSync(join(tmpdir(), "car-page-"));
    daemon.socket = join(daemon.folder, "car.sock");
    const file = join(daemon.folder, "car.toml");
    writeFileSync(file, `state_dir = "state"\nlock_dir = "."\nworld = "${world}"\n${config}\n[camera]\n${camera}`);
    daemon.fixed = ["--config", file, "--listen", `unix://${daemon.socket}`, ...args];
    daemon.at = { http, ws };
    await daemon.launch();
    return daemon;
  }

  async launch() {
    const { http, ws } = this.at;
    const program = process.env.CAR_DAEMON;
    const all = [...this.fixed, "--http", http, "--listen", `ws://${ws}`];
    const env = { ...process.env, RUST_LOG: "info", NO_COLOR: "1" };
    this.child = spawn(program, all, { stdio: ["ignore", "pipe", "pipe"], env });
    this.ended = once(this.child, "exit");
    this.table = "";
    this.log = this.log ?? "";
    this.child.stderr.setEncoding("utf8").on("data", (text) => (this.log += text));
    this.child.stdout.setEncoding("utf8").on("data", (text) => (this.table += text));
    const late = AbortSignal.timeout(PATIENCE_MS);
    while (!this.table.includes("Ctrl-C")) {
      const more = once(this.child.stdout, "data", { signal: late });
      const said = await Promise.race([more, this.ended.then(() => null)]);
      if (said === null) throw new Error(`the daemon ended before it listened: ${this.log}`);
    }
    this.page = /the page: (\S+)/.exec(this.table)[1];
    this.ws = new URL(/ws:\/\/\S+/.exec(this.table)[0]);
  }

  /** Ends it, `SIGTERM` or `SIGKILL`, and starts it again: the same ports, folder and arguments. */
  async restart(signal = "SIGTERM") {
    await this.end(signal);
    await this.again();
  }

  async again() {
    const { host } = new URL(this.page);
    this.at = { http: host, ws: this.ws.host };
    await this.launch();
  }

  /** Its file says `to` in place of `from`, and it reads that. */
  rewrite(from, to) {
    const file = this.fixed[1];
    writeFileSync(file, readFileSync(file, "utf8").replace(from, to));
    this.child.kill("SIGHUP");
  }

  async end(signal = "SIGTERM") {
    this.child.kill(signal);
    this.child.kill("SIGCONT");
    await this.ended;
  }

  /** As a machine that hangs: the process is there, and does nothing. */
  freeze() {
    this.child.kill("SIGSTOP");
  }

  thaw() {
    this.child.kill("SIGCONT");
  }

  async close() {
    if (this.child.exitCode === null && this.child.signalCode === null) await this.end("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }
}
