# A client in the manner of old tutorials: plain socket, no newline, reads one buffer, decodes ASCII.
import socket
import sys

s = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
s.connect((sys.argv[1], int(sys.argv[2])))
msg = s.recv(1024)
print(msg.decode('ascii').strip())
s.send(sys.argv[3].encode('utf-8'))
print(s.recv(1024).decode('ascii').strip())
sys.stdout.flush()
# Holds the connection, and with it the motion, until told.
sys.stdin.read()
s.close()
