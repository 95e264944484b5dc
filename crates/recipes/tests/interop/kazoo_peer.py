"""A kazoo process that does as it is told: a line a command on stdin, a line an answer on stdout.

Started with the address of a server. An error is a line that begins with "error". What takes long
is answered when it is done; commands are carried out one by one.
"""

import sys
from datetime import timedelta

from kazoo.client import KazooClient
from kazoo.exceptions import LockTimeout
from kazoo.retry import RetryFailedError


class Peer:
    def __init__(self, servers):
        self.client = KazooClient(hosts=servers, timeout=10)
        self.client.start(timeout=30)
        self.held = {}
        self.barriers = {}
        self.kept = {}

    def session(self):
        return "0x%x" % self.client.client_id[0]

    # Locks.

    def take_hold(self, path, lock, blocking):
        """Holds until told to let go."""
        try:
            held = lock.acquire(timeout=60) if blocking else lock.acquire(blocking=False)
        except LockTimeout:
            held = False
        if not held:
            return "busy"
        self.held[path] = lock
        return "held"

    def lock(self, path):
        return self.take_hold(path, self.client.Lock(path, "kazoo"), True)

    def try_lock(self, path):
        return self.take_hold(path, self.client.Lock(path, "kazoo"), False)

    def read_lock(self, path):
        return self.take_hold(path, self.client.ReadLock(path, "kazoo"), True)

    def try_read_lock(self, path):
        return self.take_hold(path, self.client.ReadLock(path, "kazoo"), False)

    def write_lock(self, path):
        return self.take_hold(path, self.client.WriteLock(path, "kazoo"), True)

    def try_write_lock(self, path):
        return self.take_hold(path, self.client.WriteLock(path, "kazoo"), False)

    def lease(self, path, limit):
        semaphore = self.client.Semaphore(path, "kazoo", max_leases=int(limit))
        return self.take_hold(path, semaphore, True)

    def try_lease(self, path, limit):
        semaphore = self.client.Semaphore(path, "kazoo", max_leases=int(limit))
        return self.take_hold(path, semaphore, False)

    def stand(self, path):
        """Leads when it is its turn, and until told to let go."""
        return self.take_hold(path, self.client.Election(path, "kazoo").lock, True)

    def lock_again(self, path):
        """Takes and releases the lock, by the same object each time."""
        if path not in self.kept:
            self.kept[path] = self.client.Lock(path, "kazoo")
        with self.kept[path]:
            return "held"

    def unlock(self, path):
        self.held.pop(path).release()
        return "released"

    def contenders(self, path):
        return " ".join(self.client.Lock(path).contenders())

    def contenders_of_election(self, path):
        return " ".join(self.client.Election(path).contenders())

    def lease_holders(self, path):
        return " ".join(sorted(self.client.Semaphore(path).lease_holders()))

    def add_one(self, value):
        """Reads, adds one and writes blindly: an update is lost if two do it at once."""
        data, _stat = self.client.get(value)
        self.client.set(value, b"%d" % (int(data) + 1))

    def bump(self, path, value, rounds):
        for _ in range(int(rounds)):
            with self.client.Lock(path, "kazoo"):
                self.add_one(value)
        return "done"

    def bump_writing(self, path, value, rounds):
        for _ in range(int(rounds)):
            with self.client.WriteLock(path, "kazoo"):
                self.add_one(value)
        return "done"

    def bump_leased(self, path, value, rounds):
        for _ in range(int(rounds)):
            with self.client.Semaphore(path, "kazoo", max_leases=1):
                self.add_one(value)
        return "done"

    def elect(self, path, value, rounds):
        for _ in range(int(rounds)):
            self.client.Election(path, "kazoo").run(self.add_one, value)
        return "done"

    def timed_lease(self, path, seconds, name):
        duration = timedelta(seconds=float(seconds))
        return "held" if self.client.NonBlockingLease(path, duration, name) else "busy"

    # Counts.

    def count(self, path, rounds):
        return self.add_up(self.client.Counter(path), rounds)

    def count_curator(self, path, rounds):
        return self.add_up(self.client.Counter(path, support_curator=True), rounds)

    def add_up(self, counter, rounds):
        added = 0
        while added < int(rounds):
            try:
                counter += 1
                added += 1
            except RetryFailedError:
                # Others were faster each time, and nothing was added.
                pass
        return "done"

    # Queues.

    def put(self, path, *items):
        queue = self.client.Queue(path)
        for item in items:
            queue.put(item.encode())
        return "done"

    def take(self, path, count):
        """So many items, as soon as they are there."""
        queue = self.client.Queue(path)
        taken = []
        while len(taken) < int(count):
            try:
                item = queue.get()
            except RetryFailedError:
                # Others had them, each time.
                continue
            if item is not None:
                taken.append(item.decode())
        return " ".join(taken)

    def put_locking(self, path, *items):
        self.client.LockingQueue(path).put_all([item.encode() for item in items])
        return "done"

    def take_locking(self, path, count):
        """So many items, each consumed."""
        queue = self.client.LockingQueue(path)
        taken = []
        while len(taken) < int(count):
            item = queue.get(timeout=30)
            if item is None or not queue.consume():
                return "error: only " + " ".join(taken)
            taken.append(item.decode())
        return " ".join(taken)

    def hold_item(self, path):
        """Keeps an item locked until told what to do with it."""
        queue = self.client.LockingQueue(path)
        item = queue.get(timeout=1)
        if item is None:
            return "none"
        self.held[path] = queue
        return item.decode()

    def consume_item(self, path):
        return "consumed" if self.held.pop(path).consume() else "lost"

    def return_item(self, path):
        return "returned" if self.held.pop(path).release() else "lost"

    # Barriers and parties.

    def enter(self, path, members):
        barrier = self.client.DoubleBarrier(path, int(members), "kazoo")
        barrier.enter()
        self.barriers[path] = barrier
        return "entered" if barrier.participating else "late"

    def leave_barrier(self, path):
        self.barriers.pop(path).leave()
        return "left"

    def join(self, path, name):
        return self.be_there(path, self.client.Party(path, name))

    def join_shallow(self, path, name):
        return self.be_there(path, self.client.ShallowParty(path, name))

    def be_there(self, path, party):
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
