import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.atomic.DistributedAtomicLong;
import org.apache.curator.framework.recipes.barriers.DistributedDoubleBarrier;
import org.apache.curator.framework.recipes.leader.LeaderLatch;
import org.apache.curator.framework.recipes.leader.Participant;
import org.apache.curator.framework.recipes.locks.InterProcessLock;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessReadWriteLock;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.framework.recipes.shared.SharedCount;
import org.apache.curator.framework.recipes.shared.VersionedValue;
import org.apache.curator.retry.ExponentialBackoffRetry;
import org.apache.curator.x.discovery.ServiceDiscovery;
import org.apache.curator.x.discovery.ServiceDiscoveryBuilder;
import org.apache.curator.x.discovery.ServiceInstance;
import org.apache.curator.x.discovery.UriSpec;

/**
 * A Curator process that does as it is told: a line a command on stdin, a line an answer on stdout.
 * Started with the address of a server. An error is a line that begins with "error".
 */
public final class CuratorPeer {
    private final CuratorFramework client;
    /** What is held, by its path. */
    private final Map<String, Callable<Void>> letGo = new HashMap<>();
    private final Map<String, LeaderLatch> latches = new HashMap<>();
    private final Map<String, DistributedDoubleBarrier> barriers = new HashMap<>();
    private final Map<String, ServiceDiscovery<String>> discoveries = new HashMap<>();
    private final Map<String, ServiceInstance<String>> registered = new HashMap<>();

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
            case "lock": return hold(path, new InterProcessMutex(client, path), 60);
            case "try_lock": return hold(path, new InterProcessMutex(client, path), 0);
            case "read_lock": return hold(path, shared(path).readLock(), 60);
            case "try_read_lock": return hold(path, shared(path).readLock(), 0);
            case "write_lock": return hold(path, shared(path).writeLock(), 60);
            case "try_write_lock": return hold(path, shared(path).writeLock(), 0);
            case "lease": return lease(path, Integer.parseInt(words[2]), 60);
            case "try_lease": return lease(path, Integer.parseInt(words[2]), 0);
            case "unlock":
                letGo.remove(path).call();
                return "released";
            case "bump": return bump(path, words[2], words[3]);
            case "bump_writing": return bumpWriting(path, words[2], words[3]);
            case "bump_leased": return bumpLeased(path, words[2], words[3]);
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
            case "participants":
                return latches.get(path).getParticipants().stream()
                        .map(Participant::getId).collect(Collectors.joining(" "));
            case "close_latch":
                latches.remove(path).close();
                return "closed";
            case "count": return count(path, Integer.parseInt(words[2]));
            case "atomic": return atomic(path, Integer.parseInt(words[2]));
            case "enter": {
                DistributedDoubleBarrier barrier =
                        new DistributedDoubleBarrier(client, path, Integer.parseInt(words[2]));
                barriers.put(path, barrier);
                return barrier.enter(60, TimeUnit.SECONDS) ? "entered" : "late";
            }
            case "leave_barrier":
                return barriers.remove(path).leave(60, TimeUnit.SECONDS) ? "left" : "late";
            case "register": return register(path, words[2], words[3], Integer.parseInt(words[4]));
            case "unregister": {
                ServiceInstance<String> instance = registered.remove(words[3]);
                discovery(path).unregisterService(instance);
                return "unregistered";
            }
            case "services":
                return discovery(path).queryForNames().stream()
                        .sorted().collect(Collectors.joining(" "));
            case "instances":
                return discovery(path).queryForInstances(words[2]).stream()
                        .map(CuratorPeer::told).sorted().collect(Collectors.joining(" "));
            default: return "error: no such command";
        }
    }

    private InterProcessReadWriteLock shared(String path) {
        return new InterProcessReadWriteLock(client, path);
    }

    /** Holds until told to let go. */
    private String hold(String path, InterProcessLock lock, int seconds) throws Exception {
        if (!lock.acquire(seconds, TimeUnit.SECONDS)) {
            return "busy";
        }
        letGo.put(path, () -> {
            lock.release();
            return null;
        });
        return "held";
    }

    private String lease(String path, int limit, int seconds) throws Exception {
        Lease lease = new InterProcessSemaphoreV2(client, path, limit)
                .acquire(seconds, TimeUnit.SECONDS);
        if (lease == null) {
            return "busy";
        }
        letGo.put(path, () -> {
            lease.close();
            return null;
        });
        return "held";
    }

    /** Reads, adds one and writes blindly: an update is lost if two do it at once. */
    private void addOne(String value) throws Exception {
        String data = new String(client.getData().forPath(value), StandardCharsets.UTF_8);
        String next = Long.toString(Long.parseLong(data) + 1);
        client.setData().forPath(value, next.getBytes(StandardCharsets.UTF_8));
    }

    private String bump(String path, String value, String rounds) throws Exception {
        return bumpUnder(new InterProcessMutex(client, path), value, rounds);
    }

    private String bumpWriting(String path, String value, String rounds) throws Exception {
        return bumpUnder(shared(path).writeLock(), value, rounds);
    }

    private String bumpUnder(InterProcessLock lock, String value, String rounds) throws Exception {
        for (int round = 0; round < Integer.parseInt(rounds); round++) {
            lock.acquire();
            try {
                addOne(value);
            } finally {
                lock.release();
            }
        }
        return "done";
    }

    private String bumpLeased(String path, String value, String rounds) throws Exception {
        InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(client, path, 1);
        for (int round = 0; round < Integer.parseInt(rounds); round++) {
            Lease lease = semaphore.acquire();
            try {
                addOne(value);
            } finally {
                semaphore.returnLease(lease);
            }
        }
        return "done";
    }

    private String count(String path, int rounds) throws Exception {
        try (SharedCount count = new SharedCount(client, path, 0)) {
            count.start();
            for (int added = 0; added < rounds; ) {
                VersionedValue<Integer> seen = count.getVersionedValue();
                if (count.trySetCount(seen, seen.getValue() + 1)) {
                    added++;
                }
            }
            return "done";
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
        return "done";
    }

    private ServiceDiscovery<String> discovery(String base) throws Exception {
        ServiceDiscovery<String> discovery = discoveries.get(base);
        if (discovery == null) {
            discovery = ServiceDiscoveryBuilder.builder(String.class)
                    .client(client).basePath(base).build();
            discovery.start();
            discoveries.put(base, discovery);
        }
        return discovery;
    }

    private String register(String base, String name, String id, int port) throws Exception {
        ServiceInstance<String> instance = ServiceInstance.<String>builder()
                .name(name).id(id).address("127.0.0.1").port(port).payload("of-curator")
                .uriSpec(new UriSpec("{scheme}://{address}:{port}/curator")).build();
        discovery(base).registerService(instance);
        registered.put(id, instance);
        return "registered";
    }

    private static String told(ServiceInstance<String> instance) {
        return instance.getId() + "=" + instance.buildUriSpec() + "," + instance.getPayload()
                + "," + instance.getServiceType() + "," + instance.isEnabled();
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
