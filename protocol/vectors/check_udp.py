#!/usr/bin/env python3
"""Checks udp.json with nothing but the standard library, from PROTOCOL.md alone: every datagram of
`integrity=crc32c` and `integrity=psk` is written again from what it says. Needs no argument."""

import hashlib
import hmac
import json
import pathlib
import struct
import sys

KINDS = {"crc32c": {"dialler": 0x10, "listener": 0x11}, "psk": {"dialler": 0x28, "listener": 0x29}}


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def checked(sender, epoch, counter, frame):
    body = struct.pack(">BBQQ", 0xCA, KINDS["crc32c"][sender], epoch, counter) + frame
    return body + struct.pack(">I", crc32c(body))


def proven(key, sender, counter, frame):
    body = struct.pack(">BBQ", 0xCA, KINDS["psk"][sender], counter) + frame
    return body + mac(key, body)[:16]


def handshake(session):
    """The four datagrams and the two keys of a session."""
    name, secret = session["name"].encode(), session["secret"].encode()
    client, server, cookie = (bytes.fromhex(session[n]) for n in ("client_nonce", "server_nonce", "cookie"))
    keys = {
        sender: mac(secret, b"car-udp-1 " + sender.encode() + b"\0", client, server, name)
        for sender in ("dialler", "listener")
    }
    opening = b"\xca\x22" + client + cookie + bytes([len(name)]) + name
    acceptance = b"\xca\x23" + client + server + struct.pack(">I", session["idle_ms"])
    return keys, {
        "hello": b"\xca\x20" + client + bytes(24),
        "retry": b"\xca\x21" + client + cookie,
        "open": opening + mac(secret, b"car-udp-1 open\0", opening)[:16],
        "accept": acceptance + mac(keys["listener"], acceptance)[:16],
    }


def main():
    vectors = json.loads(pathlib.Path(__file__).with_name("udp.json").read_text())
    count = 0

    def same(what, given, computed):
        nonlocal count
        count += 1
        if bytes.fromhex(given) != computed:
            sys.exit(f"{what}: {given} should be {computed.hex()}")

    for v in vectors["crc32c"]["datagrams"]:
        same(v["name"], v["datagram"], checked(v["from"], v["epoch"], v["counter"], bytes.fromhex(v["frame"])))
    for session in vectors["psk"]["sessions"]:
        keys, datagrams = handshake(session)
        for name, datagram in datagrams.items():
            same(name, session[name], datagram)
        for sender, key in keys.items():
            same(sender, session[sender + "_key"], key)
        for v in session["datagrams"]:
            same(v["name"], v["datagram"], proven(keys[v["from"]], v["from"], v["counter"], bytes.fromhex(v["frame"])))
    print(f"{count} datagrams and keys are right")


if __name__ == "__main__":
    main()
