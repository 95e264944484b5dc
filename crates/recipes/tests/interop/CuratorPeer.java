import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * A Curator process that does as it is told: a line a command on stdin, a line an answer on stdout.
 * Started with the address of a server. An error is a line that begins with "error".
 */
public final class CuratorPeer {
    private final CuratorFramework client;
    private final Map<String, InterProcessLock> locks = new HashMap<>();
    private final Map<String, LeaderLatch> latches = new HashMap<>();
    private final Map<String, Lease> leases = new HashMap<>();

    private CuratorPeer(String servers) throws Exception {
        client = CuratorFrameworkFactory.newClient(
                servers, 10_000, 10_000, new ExponentialBackoffRetry(100, 5));
        client.start();
        if (!client.blockUntilConnected(30, TimeUnit.SECONDS)) {
            throw new IllegalStateException("no connection to " + servers);
        }
    }

    private String answer(String[] words) throws Exception {
        String path = words[1];
        switch (words[0]) {
            case "lock": return hold(path, new InterProcessMutex(client, path));
            case "read_lock": return hold(path, new InterProcessReadWriteLock(client, path).readLock());
            case "write_lock": return hold(path, new InterProcessReadWriteLock(client, path).writeLock());
            case "try_lock": {
                InterProcessLock lock = new InterProcessMutex(client, path);
                if (!lock.acquire(0, TimeUnit.SECONDS)) {
                    return "busy";
                }
                locks.put(path, lock);
                return "held";
            }
            case "unlock":
                locks.remove(path).release();
                return "released";
            case "bump": return bump(path, words[2], Integer.parseInt(words[3]));
            case "latch": {
                LeaderLatch latch = new LeaderLatch(client, path, words[2]);
                latch.start();
                latches.put(path, latch);
                return "started";
            }
            case "await_latch":
                return latches.get(path).await(60, TimeUnit.SECONDS) ? "leads" : "waits";
            case "leads":
                return latches.get(path).hasLeadership() ? "leads" : "waits";
            case "leader":
                return latches.get(path).getLeader().getId();
            case "close_latch":
                latches.remove(path).close();
                return "closed";
            case "count": return count(path, Integer.parseInt(words[2]));
            case "atomic": return atomic(path, Integer.parseInt(words[2]));
            case "lease": {
                Lease lease = new InterProcessSemaphoreV2(client, path, Integer.parseInt(words[2]))
                        .acquire(60, TimeUnit.SECONDS);
                leases.put(path, lease);
                return lease == null ? "busy" : "held";
            }
            case "return_lease":
                leases.remove(path).close();
                return "returned";
            case "enter": {
                boolean entered = new DistributedDoubleBarrier(client, path, Integer.parseInt(words[2]))
                        .enter(60, TimeUnit.SECONDS);
                return entered ? "entered" : "late";
            }
            default: return "error: no such command";
        }
    }

    private String hold(String path, InterProcessLock lock) throws Exception {
        if (!lock.acquire(60, TimeUnit.SECONDS)) {
            return "busy";
        }
        locks.put(path, lock);
        return "held";
    }

    /** Reads, adds one and writes under the lock: an update is lost if two do it at once. */
    private String bump(String path, String value, int rounds) throws Exception {
        InterProcessMutex lock = new InterProcessMutex(client, path);
        for (int round = 0; round < rounds; round++) {
            lock.acquire();
            try {
                String data = new String(client.getData().forPath(value), StandardCharsets.UTF_8);
                String next = Long.toString(Long.parseLong(data) + 1);
                client.setData().forPath(value, next.getBytes(StandardCharsets.UTF_8));
            } finally {
                lock.release();
            }
        }
        return "done";
    }

    private String count(String path, int rounds) throws Exception {
        try (SharedCount count = new SharedCount(client, path, 0)) {
            count.start();
            for (int added = 0; added < rounds; ) {
                if (count.trySetCount(count.getVersionedValue(), count.getCount() + 1)) {
                    added++;
                }
            }
            return Integer.toString(count.getCount());
        }
    }

    private String atomic(String path, int rounds) throws Exception {
        DistributedAtomicLong number =
                new DistributedAtomicLong(client, path, new ExponentialBackoffRetry(10, 20));
        for (int added = 0; added < rounds; ) {
            if (number.increment().succeeded()) {
                added++;
            }
        }
        return Long.toString(number.get().postValue());
    }

    public static void main(String[] arguments) throws Exception {
        CuratorPeer peer = new CuratorPeer(arguments[0]);
        System.out.println("ready");
        BufferedReader lines = new BufferedReader(new InputStreamReader(System.in));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            String answer;
            try {
                answer = peer.answer(line.split(" "));
            } catch (Exception error) {
                answer = "error " + error;
            }
            System.out.println(answer);
        }
        peer.client.close();
        System.exit(0);
    }
}
