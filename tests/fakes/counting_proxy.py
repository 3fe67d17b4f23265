#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A TCP relay that counts: counting_proxy.py TARGET_PORT COUNT_FILE [BYTES_PER_SECOND]

Prints its own port on 127.0.0.1. COUNT_FILE holds how many bytes clients have sent so far, COUNT_FILE.received how many
they have received. With a rate, all clients together send no faster, so that a test can cut a push in its middle.
"""
import asyncio
import os
import sys
import time

TARGET, COUNT_FILE = int(sys.argv[1]), sys.argv[2]
RATE = float(sys.argv[3]) if len(sys.argv) > 3 else 0
sent = received = 0
free_at = 0.0  # when the next bytes may go, at RATE


def note():
    for name, count in ((COUNT_FILE, sent), (COUNT_FILE + ".received", received)):
        with open(COUNT_FILE + ".new", "w") as file:
            file.write(f"{count}\n")
        os.replace(COUNT_FILE + ".new", name)


async def up(reader, writer):
    global sent, free_at
    while data := await reader.read(65536):
        sent += len(data)
        note()
        if RATE:
            free_at = max(free_at, time.monotonic()) + len(data) / RATE
            await asyncio.sleep(max(0.0, free_at - time.monotonic()))
        writer.write(data)
        await writer.drain()


async def down(reader, writer):
    global received
    while data := await reader.read(65536):
        received += len(data)
        note()
        writer.write(data)
        await writer.drain()


async def serve(reader, writer):
    target = None
    try:
        to_reader, target = await asyncio.open_connection("127.0.0.1", TARGET)
        tasks = [asyncio.create_task(up(reader, target)), asyncio.create_task(down(to_reader, writer))]
        _, left = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in left:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    except OSError:
        pass  # the registry is away: the client sees a closed connection
    for end in (writer, target):
        if end is not None:
            end.close()


async def main():
    note()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
