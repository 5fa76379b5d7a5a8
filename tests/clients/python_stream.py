"""Ten pictures by a plain socket, cut out of the bytes between JPEG's own markers, as the tutorials do."""
import socket
import sys

host, port = sys.argv[1], int(sys.argv[2])
camera = socket.create_connection((host, port))
camera.sendall(f"GET /?action=stream HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
heard, pictures = b"", []
while len(pictures) < 10:
    more = camera.recv(4096)
    if not more:
        sys.exit("it ended")
    heard += more
    begin, end = heard.find(b"\xff\xd8"), heard.find(b"\xff\xd9")
    if 0 <= begin < end:
        pictures.append(heard[begin : end + 2])
        heard = heard[end + 2 :]
print(len(pictures))
