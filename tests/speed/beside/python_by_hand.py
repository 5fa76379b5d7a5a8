"""A car's server as tutorials have it: a blocking socket, one client, the handshake and the frames taken apart by hand,
one read for each message, each word printed. Here it also answers, which is what is measured.

It takes whatever one read gives for one message, so nothing but one message at a time can be said to it.
"""

import base64
import hashlib
import socket
import sys

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, 1.3


def shake_hands(client):
    lines = client.recv(8096).decode().split("\r\n")
    headers = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
    key = next(value for name, value in headers.items() if name.lower() == "sec-websocket-key")
    accept = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    head = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    client.sendall("\r\n".join([*head, f"Sec-WebSocket-Accept: {accept}", "", ""]).encode())


def word_of(frame):
    length = frame[1] & 127
    start = {126: 4, 127: 10}.get(length, 2)
    mask, masked = frame[start:start + 4], frame[start + 4:]
    plain = bytearray()
    for index in range(len(masked)):
        plain.append(masked[index] ^ mask[index % 4])
    return plain.decode()


def main():
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(5)
    host, port = listener.getsockname()
    print(f"ws {host}:{port}\nready", flush=True)
    while True:
        client, _ = listener.accept()
        shake_hands(client)
        while frame := client.recv(8096):
            print("received:", word_of(frame), file=sys.stderr)
            client.send(b"\x81\x02ok")
        client.close()


main()
