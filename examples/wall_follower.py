#!/usr/bin/env python3
"""Follows the wall on its right with one range finder on a head that turns, and stops where the way ends.

Usage: wall_follower.py [SOCKET]     the path of the daemon's Unix socket; without it, that which carctl takes

While the car drives, its head looks ahead and to the right: walls beside it and before it both come nearer
there. Where something is near, it stops and looks left; it turns there if it can, else the way has ended.
"""
import json
import os
import socket
import sys

WANTED, FREE = 0.50, 1.0            # metres: to the wall, as the head looks, while driving; room to turn into
NEAR, CLEAR = 0.32, 0.37            # metres: so near it stops; so far it has turned enough
SPEED, TURN, GAIN = 0.20, 0.8, 4.0  # m/s; rad/s on the spot; rad/s for each metre off the wanted distance
RIGHT, LEFT = -45, 80               # where the head looks, degrees; left is positive everywhere
SETTLE = 12                         # states, 20 a second, until the head has turned and heard three echoes
LOST = 60                           # so many states without an echo are too many
PATIENCE = 15                       # so many seconds without a word of the car are too many


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
    """Metres a second forward, radians a second to the left, for half a second at most; then what is near."""
    global silent
    say("velocity", linear=linear, angular=angular)
    far = hear("state")["range_m"]
    silent = silent + 1 if far is None else 0  # null: nothing is within reach, or the range finder is broken
    if silent > LOST:
        sys.exit("the range finder hears nothing: is there one, and is a wall within its reach?")
    return 9.9 if far is None else far


def look(pan):
    """Stands and turns the head; how far it is there, metres."""
    say("look", pan=pan, tilt=0)
    hear("state")
    return [drive(0, 0) for _ in range(SETTLE)][-1]


def follow():
    far = look(RIGHT)
    while far > NEAR or look(LEFT) > FREE:
        if far > NEAR:
            turn = GAIN * (WANTED - far)  # too near: to the left; too far: to the right
            far = drive(SPEED, max(-0.6, min(0.6, turn)))
        else:
            far = look(RIGHT)
            while far < CLEAR:
                far = drive(0, TURN)


given = [word.removeprefix("unix://") for word in sys.argv[1:]]
if len(given) > 1 or any("://" in word or word.startswith("-") for word in given):
    sys.exit(__doc__.split("\n\n")[1])
silent = 0
folder, user = os.environ.get("XDG_RUNTIME_DIR", ""), os.getuid()
elsewhere = "/run/car-daemon.sock" if user == 0 else f"/tmp/car-daemon-{user}.sock"
default = f"{folder}/car-daemon.sock" if folder.startswith("/") else elsewhere
try:
    link = socket.socket(socket.AF_UNIX)
    link.settimeout(PATIENCE)
    link.connect((given or [default])[0])
    car = link.makefile("rw")
    say("subscribe", topics=["state"], rate_hz=20)
    follow()
    say("stop")
    say("release")
    hear("release")
except OSError as error:
    sys.exit(f"there is no link to the car: {error}")
except KeyboardInterrupt:
    sys.exit("stopped by hand: the car stands as soon as the link to it closes")
print("the way ends here")
