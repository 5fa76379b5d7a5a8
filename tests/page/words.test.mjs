// Both languages say the same things.

import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";

import { KEYS, todoOf } from "../../car-daemon/page/diagnose.js";
import { en } from "../../car-daemon/page/words/en.js";
import { zh } from "../../car-daemon/page/words/zh.js";
import { t } from "../../car-daemon/page/words.js";

const PAGE = new URL("../../car-daemon/page/", import.meta.url);
const files = (folder) => readdirSync(new URL(folder, PAGE)).filter((name) => /\.(js|html)$/.test(name)).map((name) => folder + name);
const sources = [...files("./"), ...files("./controls/")].map((name) => readFileSync(new URL(name, PAGE), "utf8"));

test("every key is there in both languages, with the same arguments", () => {
  assert.deepEqual(Object.keys(zh).sort(), Object.keys(en).sort());
  const argumentsOf = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort();
  for (const key of Object.keys(en)) assert.deepEqual(argumentsOf(zh[key]), argumentsOf(en[key]), key);
});

test("whatever may be wrong has words, and what to do", () => {
  for (const key of KEYS) {
    assert.ok(en[`said.${key}`], key);
    assert.equal(typeof en[`do.${todoOf(key)}`], "string", key);
  }
});

test("what ends as a question within a sentence ends the sentence", () => {
  assert.equal(t("said.camera", { what: "is the port right?" }), "There are no pictures: is the port right?");
  assert.equal(t("said.camera", { what: { key: "eye.off" } }), "There are no pictures: the camera is off.");
});

test("keys that the page's files name are there", () => {
  const named = sources.flatMap((text) => [
    ...text.matchAll(/data-t(?:-label|-title)?="([^"]+)"/g),
    ...text.matchAll(/\bt\("([^"]+)"/g),
    ...text.matchAll(/\bkey: "([^"]+)"/g),
    ...text.matchAll(/^ {2}\["([a-z.]+)", \/\^/gm),
    ...text.matchAll(/^ {2}\["[a-z-]+", "([a-z.]+)", (?:told\(|\(\{ (?:state|link|video) \}\))/gm),
  ]).map(([, key]) => key);
  assert.ok(named.length > 100);
  for (const key of named) assert.ok(key in en, key);
});
