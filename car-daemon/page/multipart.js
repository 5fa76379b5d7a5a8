// Parts out of a stream of bytes that comes in any pieces (RFC 2046, 5.1; as mjpg-streamer writes it).
//
// What must never live here: what a part means, or where the bytes come from.

const LF = 10;

/** What between two bodies may be: the delimiter and the headers of a part, in bytes. */
const MOST_HEAD = 8 * 1024;
/** A body, in bytes. */
const MOST_BODY = 16 * 1024 * 1024;

/** The boundary that a Content-Type names, or null. */
export function boundaryOf(contentType) {
  const found = /^multipart\/[^;]+;(?:.*;)?\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i.exec(contentType ?? "");
  return found ? found[1] ?? found[2] : null;
}

/**
 * Reads parts that say their Content-Length. `push` takes the next bytes and gives the parts that they
 * complete: `{ headers: Map (names in lower case), body: [Uint8Array, …] }`. Throws where the stream is no
 * such multipart, or a bound is passed; after that the reader is of no use.
 */
export class Multipart {
  #delimiter;
  #bounds;
  /** The line under way, as text. */
  #line = "";
  /** Bytes since the last body. */
  #between = 0;
  /** The headers under way, or null where a delimiter is awaited. */
  #headers = null;
  #body = [];
  /** Bytes of the body that are still to come; 0 outside of one. */
  #missing = 0;
  /** Whether the closing delimiter was read. */
  ended = false;

  constructor(boundary, { mostHead = MOST_HEAD, mostBody = MOST_BODY } = {}) {
    this.#delimiter = `--${boundary}`;
    this.#bounds = { head: mostHead, body: mostBody };
  }

  push(bytes) {
    const parts = [];
    let at = 0;
    while (at < bytes.length && !this.ended) {
      at = this.#missing > 0 ? this.#takeBody(bytes, at, parts) : this.#takeLine(bytes, at, parts);
    }
    return parts;
  }

  #takeBody(bytes, at, parts) {
    const piece = bytes.subarray(at, at + this.#missing);
    this.#body.push(piece);
    this.#missing -= piece.length;
    if (this.#missing === 0) this.#complete(parts);
    return at + piece.length;
  }

  #takeLine(bytes, at, parts) {
    const end = bytes.indexOf(LF, at);
    const piece = bytes.subarray(at, end < 0 ? bytes.length : end);
    this.#between += piece.length + 1;
    if (this.#between > this.#bounds.head) throw new Error(`more than ${this.#bounds.head} bytes between two bodies`);
    for (const byte of piece) this.#line += String.fromCharCode(byte);
    if (end < 0) return bytes.length;
    const line = this.#line.endsWith("\r") ? this.#line.slice(0, -1) : this.#line;
    this.#line = "";
    this.#read(line, parts);
    return end + 1;
  }

  #read(line, parts) {
    if (this.#headers === null) {
      // Anything else before a delimiter is a preamble, which nobody reads.
      if (line === this.#delimiter) this.#headers = new Map();
      else if (line === `${this.#delimiter}--`) this.ended = true;
    } else if (line !== "") {
      const colon = line.indexOf(":");
      if (colon < 1) throw new Error(`no header: ${JSON.stringify(line.slice(0, 40))}`);
      this.#headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
    } else {
      this.#missing = this.#announced();
      if (this.#missing === 0) this.#complete(parts);
    }
  }

  #announced() {
    const said = this.#headers.get("content-length");
    if (!/^\d{1,15}$/.test(said ?? "")) throw new Error(`a part has no Content-Length but ${JSON.stringify(said ?? null)}`);
    const length = Number(said);
    if (length > this.#bounds.body) throw new Error(`a part of ${length} bytes; at most ${this.#bounds.body} are read`);
    return length;
  }

  #complete(parts) {
    parts.push({ headers: this.#headers, body: this.#body });
    this.#headers = null;
    this.#body = [];
    this.#between = 0;
  }
}
