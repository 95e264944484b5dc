"""A kazoo process that does as it is told: a line a command on stdin, a line an answer on stdout.

Started with the address of a server. An error is a line that begins with "error". What takes long
is answered when it is done; commands are carried out one by one.
"""

import sys

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout


class Peer:
    def __init__(self, servers):
        self.client = KazooClient(hosts=servers, timeout=10)
        self.client.start(timeout=30)
        self.held = {}

    def session(self):
        return "0x%x" % self.client.client_id[0]

    def lock(self, path):
        lock = self.client.Lock(path, "kazoo")
        lock.acquire(timeout=60)
        self.held[path] = lock
        return "held"

    def try_lock(self, path):
        lock = self.client.Lock(path, "kazoo")
        try:
            if not lock.acquire(blocking=False):
                return "busy"
        except LockTimeout:
            return "busy"
        self.held[path] = lock
        return "held"

    def read_lock(self, path):
        lock = self.client.ReadLock(path, "kazoo")
        lock.acquire(timeout=60)
        self.held[path] = lock
        return "held"

    def write_lock(self, path):
        lock = self.client.WriteLock(path, "kazoo")
        lock.acquire(timeout=60)
        self.held[path] = lock
        return "held"

    def unlock(self, path):
        self.held.pop(path).release()
        return "released"

    def contenders(self, path):
        return " ".join(self.client.Lock(path, "kazoo").contenders())

    def bump(self, lock, value, rounds):
        """Reads, adds one and writes under the lock: an update is lost if two do it at once."""
        for _ in range(int(rounds)):
            with self.client.Lock(lock, "kazoo"):
                data, _stat = self.client.get(value)
                self.client.set(value, b"%d" % (int(data) + 1))
        return "done"

    def elect(self, path, value, rounds):
        """Adds one, as the leader, so many times."""

        def lead():
            data, _stat = self.client.get(value)
            self.client.set(value, b"%d" % (int(data) + 1))

        for _ in range(int(rounds)):
            self.client.Election(path, "kazoo").run(lead)
        return "done"

    def count(self, path, rounds):
        counter = self.client.Counter(path)
        for _ in range(int(rounds)):
            counter += 1
        return str(counter.value)

    def count_curator(self, path, rounds):
        counter = self.client.Counter(path, support_curator=True)
        for _ in range(int(rounds)):
            counter += 1
        return str(counter.value)

    def put(self, path, *items):
        queue = self.client.LockingQueue(path)
        queue.put_all([item.encode() for item in items])
        return "done"

    def take(self, path, count):
        """So many items, each consumed."""
        queue = self.client.LockingQueue(path)
        taken = []
        while len(taken) < int(count):
            item = queue.get(timeout=30)
            if item is None:
                break
            queue.consume()
            taken.append(item.decode())
        return " ".join(taken)

    def put_plain(self, path, *items):
        queue = self.client.Queue(path)
        for item in items:
            queue.put(item.encode())
        return "done"

    def take_plain(self, path, count):
        queue = self.client.Queue(path)
        taken = (queue.get() for _ in range(int(count)))
        return " ".join(item.decode() for item in taken if item is not None)

    def join(self, path, name):
        party = self.client.Party(path, name)
        party.join()
        self.held[path] = party
        return "joined"

    def join_shallow(self, path, name):
        party = self.client.ShallowParty(path, name)
        party.join()
        self.held[path] = party
        return "joined"

    def leave(self, path):
        self.held.pop(path).leave()
        return "left"

    def members(self, path):
        return " ".join(sorted(self.client.Party(path)))

    def members_shallow(self, path):
        return " ".join(sorted(self.client.ShallowParty(path)))

    def lease(self, path, seconds, name):
        from datetime import timedelta

        duration = timedelta(seconds=float(seconds))
        return "held" if self.client.NonBlockingLease(path, duration, name) else "busy"


def main():
    peer = Peer(sys.argv[1])
    print("ready", peer.session(), flush=True)
    for line in sys.stdin:
        command, *arguments = line.split()
        try:
            answer = getattr(peer, command)(*arguments)
        except Exception as error:  # noqa: BLE001: all of it is for the other side to see
            answer = "error %s: %s" % (type(error).__name__, error)
        print(answer, flush=True)


main()
