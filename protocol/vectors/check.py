#!/usr/bin/env python3
"""Checks vectors.json with an independent CBOR library: each message says the same in json and cbor,
and nothing holds a line break. `pip install cbor2`, then `python3 protocol/vectors/check.py`."""

import json
import pathlib
import sys

import cbor2

vectors = json.loads(pathlib.Path(__file__).with_name("vectors.json").read_text())
checked = 0
for part in ("requests", "answers", "notifications"):
    for vector in vectors[part]:
        if "cbor" in vector:
            data = bytes.fromhex(vector["cbor"])
            if cbor2.loads(data) != json.loads(vector["json"]):
                sys.exit(f"{part}, {vector['name']}: json and cbor differ")
            checked += 1
        for line in (vector.get("json"), vector.get("text")):
            if line is not None and "\n" in line:
                sys.exit(f"{part}, {vector['name']}: a line break")
print(f"{checked} messages say the same in json and cbor")
