#!/usr/bin/env python3
"""Follows the wall on its right with one range finder on a head that turns, and stops where the way ends.

Usage: wall_follower.py [SOCKET]     the daemon's Unix socket; without it the one that carctl takes

While the car drives, its head looks ahead and to the right: walls beside it and before it both come nearer
there. Where something is near, it stops and looks left; it turns there if it can, else the way has ended.
"""
import json
import math
import os
import socket
import sys

WANTED, NEAR, FREE = 0.50, 0.32, 1.00  # metres: to the wall while it drives; too near; room to drive into
SPEED, GAIN = 0.20, 4.0                # metres a second; radians a second for each metre that it is off
RIGHT, LEFT = -45, 80                  # where the head looks, degrees; left is positive everywhere
SETTLE = 12                            # states, 20 a second, until the head has turned and heard three echoes


def say(method, **params):
    request = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
    print(json.dumps(request), file=car, flush=True)


def hear(wanted):
    """The next message of this method, or the answer to it. What the car refuses ends the program."""
    for line in car:
        message = json.loads(line)
        if "error" in message:
            sys.exit(f"the car refused: {message['error']['message']}")
        if wanted in (message.get("method"), message.get("id")):
            return message.get("params")
    sys.exit("the link to the car is lost")


def drive(linear, angular):
    """Metres a second forward, radians a second to the left, for half a second at most; then how it is."""
    say("velocity", linear=linear, angular=angular)
    state = hear("state")
    return state["range_m"] or 9.9, state["pose"]["heading"]  # null: nothing is within reach


def look(pan):
    """Stands and turns the head; how far it is there, metres."""
    say("look", pan=pan, tilt=0)
    hear("state")
    return [drive(0, 0) for _ in range(SETTLE)][-1][0]


def follow():
    far = look(RIGHT)
    while far > NEAR or look(LEFT) > FREE:
        if far > NEAR:
            turn = GAIN * (WANTED - far)  # too near: to the left; too far: to the right
            far, _ = drive(SPEED, max(-0.6, min(0.6, turn)))
        else:
            _, before = drive(0, 0)
            while math.remainder(drive(0, 0.8)[1] - before, math.tau) < 1.4:
                pass  # nearly a quarter of a turn, as far as the car can tell; the wall does the rest
            far = look(RIGHT)


if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
    sys.exit(__doc__.split("\n\n")[1])
folder, user = os.environ.get("XDG_RUNTIME_DIR", ""), os.getuid()
elsewhere = "/run/car-daemon.sock" if user == 0 else f"/tmp/car-daemon-{user}.sock"
default = f"{folder}/car-daemon.sock" if folder.startswith("/") else elsewhere
try:
    link = socket.socket(socket.AF_UNIX)
    link.connect((sys.argv[1:] or [default])[0])
    car = link.makefile("rw")
    say("subscribe", topics=["state"], rate_hz=20)
    follow()
    say("stop")
    say("release")
    hear("release")
except OSError as error:
    sys.exit(f"there is no link to the car: {error}")
print("the way ends here")
