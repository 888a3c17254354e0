"""Two tunnels and what lies between them: two-hosts.py NAME NAME MILLISECONDS PERCENT. Packets are late by so much, and so many get lost."""
import fcntl
import heapq
import os
import random
import select
import struct
import sys
import time

SET_NAME, TUNNEL, BARE = 0x400454CA, 0x0001, 0x1000


def tunnel(name):
    file = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(file, SET_NAME, struct.pack("16sH", name.encode(), TUNNEL | BARE))
    return file


one, other, late, lost = tunnel(sys.argv[1]), tunnel(sys.argv[2]), float(sys.argv[3]) / 1000, float(sys.argv[4]) / 100
to = {one: other, other: one}
waiting = []
count = 0
while True:
    wait = max(0, waiting[0][0] - time.monotonic()) if waiting else None
    for file in select.select([one, other], [], [], wait)[0]:
        try:
            packet = os.read(file, 65536)
        except OSError:
            continue
        if random.random() >= lost:
            count += 1
            heapq.heappush(waiting, (time.monotonic() + late, count, to[file], packet))
    while waiting and waiting[0][0] <= time.monotonic():
        _, _, file, packet = heapq.heappop(waiting)
        try:
            os.write(file, packet)
        except OSError:
            pass  # the other end is not up yet
