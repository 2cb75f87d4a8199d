package dev.holdfast.history;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What one client alone did to a correct register is linearizable, in whatever order it did it. */
class SequentialHistoryTest {
    private long now;

    @Test
    void linearizable_acceptsEveryHistoryOfOneClient() {
        for (int seed = 0; seed < 20_000; seed++) {
            Recorder recorder = new Recorder(() -> now += 10);
            record(recorder.client("client"), new Random(seed));
            Verdict verdict = Checks.linearizable(recorder.history());
            assertTrue(verdict.isOk(), "seed " + seed + ": " + verdict);
        }
    }

    private static void record(ClientRecorder client, Random random) {
        @Nullable String value = null;
        for (int i = 0; i < 6; i++) {
            String fresh = "v" + i;
            switch (random.nextInt(5)) {
                case 0 -> {
                    client.put("k", fresh).ok();
                    value = fresh;
                }
                case 1 -> {
                    client.putIfAbsent("k", fresh).tell(value == null ? Outcome.OK : Outcome.REFUSED);
                    value = value == null ? fresh : value;
                }
                case 2 -> {
                    client.delete("k").tell(value == null ? Outcome.REFUSED : Outcome.OK);
                    value = null;
                }
                case 3 -> {
                    client.compareAndSet("k", "v0", fresh).tell("v0".equals(value) ? Outcome.OK : Outcome.REFUSED);
                    value = "v0".equals(value) ? fresh : value;
                }
                default -> client.get("k").ok(value);
            }
        }
    }
}
