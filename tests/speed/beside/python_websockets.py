"""An echo with the library `websockets`: says on stdout where it listens, and serves until it is killed."""

import asyncio

from websockets.asyncio.server import serve


async def echo(connection):
    async for message in connection:
        await connection.send(message)


async def main():
    # Without compression, as all others here.
    async with serve(echo, "127.0.0.1", 0, compression=None) as server:
        host, port = server.sockets[0].getsockname()
        print(f"ws {host}:{port}\nready", flush=True)
        await asyncio.get_running_loop().create_future()


asyncio.run(main())
