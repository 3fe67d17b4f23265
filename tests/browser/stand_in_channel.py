# SPDX-License-Identifier: Apache-2.0
"""Who listens to a stream of the stand-in."""
import queue
import threading


class Channel:
    """Whoever listens to one stream; `send(None)` cuts it."""

    def __init__(self):
        self._lock = threading.Lock()
        self._members = []

    def join(self):
        member = queue.Queue()
        with self._lock:
            self._members.append(member)
        return member

    def leave(self, member):
        with self._lock:
            if member in self._members:
                self._members.remove(member)

    def send(self, event):
        with self._lock:
            for member in self._members:
                member.put(event)

    def count(self):
        with self._lock:
            return len(self._members)
