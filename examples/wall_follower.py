#!/usr/bin/env python3
"""Follows the wall on its right with one range finder on a head that turns, and stops where the way ends.

Usage: wall_follower.py [SOCKET]     the daemon's Unix socket; without it the one that carctl takes

While the car drives, its head looks ahead and to the right: walls beside it and before it both come nearer
there. Where something is near, it stops and looks left; it turns there if it can, else the way has ended.
"""
import json, math, os, socket, sys

WANTED, NEAR, FREE = 0.50, 0.32, 1.00  # metres: to the wall while it drives; too near; room to drive into
SPEED, GAIN = 0.20, 4.0                # metres a second; radians a second for each metre off the wanted distance
RIGHT, LEFT = -45, 80                  # where the head looks, degrees; left is positive everywhere
SETTLE = 12                            # states, of 20 a second, until the head has turned and heard three echoes


class Car:
    """A connection to the daemon: lines of JSON-RPC 2.0 in both directions."""

    def __init__(self, path):
        self.link = socket.socket(socket.AF_UNIX)
        self.link.connect(path)
        self.lines = self.link.makefile("r")
        self.ask("subscribe", topics=["state"], rate_hz=20)

    def say(self, method, **params):
        request = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        self.link.sendall(json.dumps(request).encode() + b"\n")

    def hear(self, wanted):
        """The next message of this method, or the answer to it; whatever is refused ends the program."""
        for line in self.lines:
            message = json.loads(line)
            if "error" in message:
                sys.exit(f"the car refused: {message['error']['message']}")
            if wanted in (message.get("method"), message.get("id")):
                return message.get("params")
        sys.exit("the link to the car is lost")

    def ask(self, method, **params):
        self.say(method, **params)
        self.hear(method)

    def drive(self, linear, angular):
        """For half a second at most: m/s forward, rad/s to the left. Gives the next state."""
        self.say("velocity", linear=linear, angular=angular)
        return self.hear("state")

    def look(self, pan):
        """Stands and turns the head; how far it is there, metres."""
        self.ask("look", pan=pan, tilt=0)
        for _ in range(SETTLE):
            state = self.drive(0, 0)
        return distance(state)

    def turn_left(self):
        """Nearly a quarter of a turn, as far as the car can tell; the wall does the rest."""
        before = self.drive(0, 0)["pose"]["heading"]
        while math.remainder(self.drive(0, 0.8)["pose"]["heading"] - before, math.tau) < 1.4:
            pass


def distance(state):
    return state["range_m"] or 9.9  # null: nothing is within reach


def follow(car):
    far = car.look(RIGHT)
    while True:
        if far > NEAR:
            turn = GAIN * (WANTED - far)  # too near: to the left; too far: to the right
            far = distance(car.drive(SPEED, max(-0.6, min(0.6, turn))))
        elif car.look(LEFT) > FREE:
            car.turn_left()
            far = car.look(RIGHT)
        else:
            return


def default_socket():
    run, user = os.environ.get("XDG_RUNTIME_DIR", ""), os.getuid()
    folder = run if run.startswith("/") else "/run" if user == 0 else "/tmp"
    return f"{folder}/car-daemon.sock" if folder != "/tmp" else f"/tmp/car-daemon-{user}.sock"


if __name__ == "__main__":
    if len(sys.argv) > 2 or sys.argv[1:] in (["-h"], ["--help"]):
        sys.exit(__doc__.split("\n\n")[1])
    path = sys.argv[1] if sys.argv[1:] else default_socket()
    try:
        car = Car(path)
        follow(car)
        car.ask("stop")
        car.ask("release")
    except OSError as error:
        sys.exit(f"no car at {path}: {error}")
    print("the way ends here")
