// A connection to the daemon of its own: `storycore stdio`, with the frames of LSP. It comes back by
// itself when the daemon has gone.

import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";

/** Longest pause before it is tried again, in milliseconds; it doubles with each attempt. */
const PAUSE_MS_MIN = 250;
const PAUSE_MS_MAX = 8_000;
const HEADER_END = "\r\n\r\n";

export interface PipeEvents {
  opened(): void;
  received(text: string): void;
  closed(): void;
}

export class Pipe {
  private child: ChildProcessWithoutNullStreams | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private ended = false;

  constructor(
    private readonly program: string,
    private readonly events: PipeEvents,
  ) {
    this.connect();
  }

  /** Sends a message; what is sent while nobody listens is lost, as on every connection. */
  send(text: string): void {
    const { child } = this;
    if (child?.stdin.writable) {
      child.stdin.write(`Content-Length: ${Buffer.byteLength(text)}${HEADER_END}${text}`);
    }
  }

  end(): void {
    this.ended = true;
    clearTimeout(this.timer);
    // It answers what it was asked, and goes.
    this.child?.stdin.end();
  }

  private connect(): void {
    const child = spawn(this.program, ["stdio"]);
    this.child = child;
    const frames = new Frames();
    let over = false;
    const close = () => {
      if (over) {
        return;
      }
      over = true;
      this.child = undefined;
      this.closed();
    };
    child.stdout.on("data", (bytes: Buffer) => {
      this.failures = 0;
      try {
        frames.add(bytes).forEach((it) => this.events.received(it));
      } catch {
        child.kill();
      }
    });
    child.stderr.resume();
    // A pipe breaks when its other end goes, which `close` tells.
    child.stdin.on("error", () => undefined);
    child.on("error", close);
    child.on("close", close);
    child.on("spawn", () => this.events.opened());
  }

  private closed(): void {
    if (this.ended) {
      return;
    }
    this.events.closed();
    const pause = Math.min(PAUSE_MS_MAX, PAUSE_MS_MIN * 2 ** this.failures);
    this.failures += 1;
    this.timer = setTimeout(() => this.connect(), pause);
  }
}

/** Cuts what arrives into messages. */
export class Frames {
  private bytes = Buffer.alloc(0);

  /** The messages that are whole now. */
  add(more: Buffer): string[] {
    this.bytes = Buffer.concat([this.bytes, more]);
    const whole: string[] = [];
    for (;;) {
      const end = this.bytes.indexOf(HEADER_END);
      if (end < 0) {
        return whole;
      }
      const length = /content-length: *(\d+)/i.exec(this.bytes.toString("latin1", 0, end))?.[1];
      if (length === undefined) {
        throw new Error("a message without Content-Length");
      }
      const from = end + HEADER_END.length;
      const to = from + Number(length);
      if (this.bytes.length < to) {
        return whole;
      }
      whole.push(this.bytes.toString("utf8", from, to));
      this.bytes = this.bytes.subarray(to);
    }
  }
}
