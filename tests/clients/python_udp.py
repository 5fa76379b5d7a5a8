# Datagrams that prove themselves, written from PROTOCOL.md with the standard library alone.
#   python_udp.py HOST PORT crc32c WORD
#   CAR_KEY=name:secret python_udp.py HOST PORT psk WORD
# Says the word, prints the answer, and says it again and again until its input ends.
import hashlib
import hmac
import os
import select
import socket
import struct
import sys
import time


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


class Checked:
    """integrity=crc32c: what is damaged, late or doubled is dropped."""

    def __init__(self, sock):
        self.sock, self.epoch, self.sent = sock, time.time_ns() // 1000, 0
        self.newest = (-1, -1)

    def send(self, frame):
        body = struct.pack(">BBQQ", 0xCA, 0x10, self.epoch, self.sent) + frame
        self.sock.send(body + struct.pack(">I", crc32c(body)))
        self.sent += 1

    def open(self, datagram):
        body, check = datagram[:-4], datagram[-4:]
        if len(body) < 18 or body[:2] != b"\xca\x11" or struct.pack(">I", crc32c(body)) != check:
            return None
        number = struct.unpack(">QQ", body[2:18])
        if number <= self.newest:
            return None
        self.newest = number
        return body[18:]


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


class Proven:
    """integrity=psk: nobody without the secret can speak; everybody can listen."""

    def __init__(self, sock, name, secret):
        self.sock, self.sent, self.newest, self.seen = sock, 0, -1, set()
        client = os.urandom(16)
        retry = self.ask(b"\xca\x20" + client + bytes(24), lambda d: len(d) == 42 and d[:18] == b"\xca\x21" + client)
        opening = b"\xca\x22" + client + retry[18:] + bytes([len(name)]) + name
        opening += mac(secret, b"car-udp-1 open\0", opening)[:16]

        def accepted(d):
            if len(d) != 54 or d[:18] != b"\xca\x23" + client:
                return False
            self.ours, self.theirs = (
                mac(secret, b"car-udp-1 " + end + b"\0", client, d[18:34], name) for end in (b"dialler", b"listener")
            )
            return hmac.compare_digest(mac(self.theirs, d[:-16])[:16], d[-16:])

        self.ask(opening, accepted)

    def ask(self, datagram, wanted):
        for _ in range(10):
            self.sock.send(datagram)
            until = time.monotonic() + 0.5
            while (left := until - time.monotonic()) > 0 and select.select([self.sock], [], [], left)[0]:
                answer = self.sock.recv(2048)
                if wanted(answer):
                    return answer
        sys.exit("nobody there has this key")

    def send(self, frame):
        body = struct.pack(">BBQ", 0xCA, 0x28, self.sent) + frame
        self.sock.send(body + mac(self.ours, body)[:16])
        self.sent += 1

    def open(self, datagram):
        body, tag = datagram[:-16], datagram[-16:]
        if len(body) < 10 or body[:2] != b"\xca\x29" or not hmac.compare_digest(mac(self.theirs, body)[:16], tag):
            return None
        number = struct.unpack(">Q", body[2:10])[0]
        if number <= self.newest - 128 or number in self.seen:
            return None
        self.newest = max(self.newest, number)
        self.seen = {n for n in self.seen | {number} if n > self.newest - 128}
        return body[10:]


host, port, integrity, word = sys.argv[1:5]
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.connect((host, int(port)))
if integrity == "psk":
    car = Proven(sock, *os.environ["CAR_KEY"].encode().split(b":", 1))
else:
    car = Checked(sock)
answered = False
while True:
    # A word over UDP is good for one second.
    car.send(word.encode())
    ready = select.select([sock, sys.stdin], [], [], 0.3)[0]
    if sock in ready and not answered:
        frame = car.open(sock.recv(2048))
        if frame is not None:
            print(frame.decode(), flush=True)
            answered = True
    elif sock in ready:
        sock.recv(2048)
        time.sleep(0.2)
    if sys.stdin in ready and not os.read(0, 100):
        break
