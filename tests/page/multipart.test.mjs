// The reader of multipart streams, told bytes in all kinds of pieces.

import assert from "node:assert/strict";
import { test } from "node:test";

import { Multipart, boundaryOf } from "../../car-daemon/page/multipart.js";

const bytes = (text) => Uint8Array.from(text, (letter) => letter.charCodeAt(0));
const text = (part) => part.body.map((piece) => String.fromCharCode(...piece)).join("");
const part = (body, more = "") => `--edge\r\nContent-Type: image/jpeg\r\nContent-Length: ${body.length}\r\n${more}\r\n${body}\r\n`;

test("every way to cut a stream in three gives the same parts", () => {
  // The second body has the delimiter in it: only its length says where it ends.
  const bodies = ["one", "\r\n--edge\r\nContent-Length: 1\r\n\r\nx\r\n--edge--\r\n", "", "\xff\xd8\n\n\xff\xd9"];
  const stream = bytes(bodies.map((body) => part(body, "X-Timestamp: 12.345678\r\n")).join(""));
  for (let first = 0; first <= stream.length; first++) {
    for (let second = first; second <= stream.length; second++) {
      const reader = new Multipart("edge");
      const cuts = [stream.subarray(0, first), stream.subarray(first, second), stream.subarray(second)];
      const parts = cuts.flatMap((cut) => reader.push(cut));
      assert.deepEqual(parts.map(text), bodies);
      assert.equal(parts[2].headers.get("x-timestamp"), "12.345678");
    }
  }
});

test("a part is given with its last byte, without waiting for the next delimiter", () => {
  const reader = new Multipart("edge");
  const whole = bytes(part("picture").slice(0, -2));
  assert.deepEqual(reader.push(whole.subarray(0, -1)), []);
  assert.deepEqual(reader.push(whole.subarray(-1)).map(text), ["picture"]);
});

test("bodies are views into what was pushed", () => {
  const whole = bytes(part("picture"));
  const [only] = new Multipart("edge").push(whole);
  assert.equal(only.body[0].buffer, whole.buffer);
});

test("line ends without carriage return, a preamble and the case of headers do no harm", () => {
  const reader = new Multipart("edge");
  const parts = reader.push(bytes("hello\n--edge\ncontent-LENGTH:2\nX-A : b: c \n\nok\n--edge--\nafter"));
  assert.deepEqual(parts.map(text), ["ok"]);
  assert.equal(parts[0].headers.get("x-a"), "b: c");
  assert.ok(reader.ended);
  assert.deepEqual(reader.push(bytes(part("late"))), []);
});

for (const [name, stream, words] of [
  ["without a length", "--edge\r\nContent-Type: image/jpeg\r\n\r\n", /Content-Length but null/],
  ["with a negative length", "--edge\r\nContent-Length: -1\r\n\r\n", /Content-Length but "-1"/],
  ["with a length that is no number", "--edge\r\nContent-Length: 0x10\r\n\r\n", /Content-Length but "0x10"/],
  ["longer than may be", "--edge\r\nContent-Length: 101\r\n\r\n", /a part of 101 bytes; at most 100/],
  ["with a header that is none", "--edge\r\nnonsense\r\n\r\n", /no header: "nonsense"/],
]) {
  test(`a part ${name} ends the reading in words`, () => {
    const reader = new Multipart("edge", { mostBody: 100 });
    assert.throws(() => reader.push(bytes(stream)), words);
  });
}

test("headers without end are read up to their bound", () => {
  for (const endless of ["x".repeat(200), "a: b\r\n".repeat(50), "preamble\n".repeat(30)]) {
    const reader = new Multipart("edge", { mostHead: 150 });
    assert.throws(() => {
      for (const letter of (endless[0] === "a" ? "--edge\r\n" : "") + endless) reader.push(bytes(letter));
    }, /more than 150 bytes/);
  }
});

test("a stream of many parts passes no bound", () => {
  const reader = new Multipart("edge", { mostHead: 100, mostBody: 10 });
  for (let each = 0; each < 1000; each++) assert.equal(reader.push(bytes(part("0123456789"))).length, 1);
});

test("boundaries are read as content types have them", () => {
  assert.equal(boundaryOf("multipart/x-mixed-replace;boundary=boundarydonotcross"), "boundarydonotcross");
  assert.equal(boundaryOf('Multipart/Mixed; charset=x; Boundary="a b"'), "a b");
  for (const none of [null, "", "image/jpeg", "multipart/mixed", "multipart/mixed; boundary="]) {
    assert.equal(boundaryOf(none), null);
  }
});
