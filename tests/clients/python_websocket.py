# A WebSocket client by hand, in the manner of old tutorials: raw socket, fixed key, one recv for the
# whole handshake, one masked frame.
import socket
import sys

host, port, word = sys.argv[1], int(sys.argv[2]), sys.argv[3]
s = socket.socket()
s.connect((host, port))
s.send((
    "GET / HTTP/1.1\r\n"
    "Host: %s:%d\r\n"
    "Upgrade: websocket\r\n"
    "Connection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n\r\n" % (host, port)).encode())
data = s.recv(8096)
assert b"101 Switching Protocols" in data, data
assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in data, data
mask = b"\x01\x02\x03\x04"
body = bytes(c ^ mask[i % 4] for i, c in enumerate(word.encode()))
s.send(bytes([0x81, 0x80 | len(body)]) + mask + body)


def receive(count):
    global rest
    while len(rest) < count:
        more = s.recv(8096)
        if not more:
            sys.exit()
        rest += more
    taken, rest = rest[:count], rest[count:]
    return taken


rest = data.split(b"\r\n\r\n", 1)[1]
while True:
    opcode, length = receive(2)
    if length == 126:
        length = int.from_bytes(receive(2), "big")
    payload = receive(length)
    if opcode & 15 == 9:
        masked = bytes(c ^ mask[i % 4] for i, c in enumerate(payload))
        s.send(bytes([0x8A, 0x80 | len(masked)]) + mask + masked)
    else:
        print(payload)
