package dev.holdfast.resilience;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class RecentEndingsTest {
    private static RecentEndings over(int seconds, int minCalls, double failureRate, double slowRate) {
        return new RecentEndings(BreakerPolicy.builder()
                .window(Duration.ofSeconds(seconds))
                .minCalls(minCalls)
                .failureRate(failureRate)
                .slowRate(slowRate)
                .build());
    }

    private record Ended(long second, boolean failed, boolean slow) {}

    /** Against the plainest way to find it out: all endings in a list. */
    @Test
    void judgesAsOneWouldWhoKeepsThemAll() {
        for (int seed = 0; seed < 200; seed++) {
            Random random = new Random(seed);
            int window = 1 + random.nextInt(6);
            int minCalls = 1 + random.nextInt(8);
            double failureRate = 0.1 + random.nextInt(10) / 10.0;
            double slowRate = 0.1 + random.nextInt(10) / 10.0;
            RecentEndings recent = over(window, minCalls, Math.min(1, failureRate), Math.min(1, slowRate));
            List<Ended> all = new ArrayList<>();
            long second = -5;
            for (int i = 0; i < 300; i++) {
                second += random.nextInt(10) == 0 ? random.nextInt(window + 2) : 0;
                Ended ended = new Ended(second, random.nextInt(3) == 0, random.nextInt(4) == 0);
                all.add(ended);
                if (!ended.failed && !ended.slow) {
                    recent.succeeded(second);
                    continue;
                }
                long oldest = second - window;
                List<Ended> kept =
                        all.stream().filter(each -> each.second > oldest).toList();
                long failed = kept.stream().filter(Ended::failed).count();
                long slow = kept.stream().filter(Ended::slow).count();
                boolean tooMany = kept.size() >= minCalls
                        && (failed >= Math.min(1, failureRate) * kept.size()
                                || slow >= Math.min(1, slowRate) * kept.size());
                String where = "seed " + seed + ", ending " + i;
                assertEquals(tooMany, recent.wentWrong(second, ended.failed, ended.slow), where);
                assertEquals(100f * failed / kept.size(), recent.failurePercent(), 0.001f, where);
                assertEquals(100f * slow / kept.size(), recent.slowPercent(), 0.001f, where);
            }
        }
    }

    @Test
    void whatWasForgotten_countsNoMore() {
        RecentEndings recent = over(5, 2, 0.5, 1);
        recent.wentWrong(1, true, false);
        recent.clear();
        assertEquals(0f, recent.failurePercent());
        assertFalse(recent.wentWrong(1, true, false), "one of one, and two are needed");
        assertTrue(recent.wentWrong(1, true, false));
    }

    /** A thread that was delayed tells of a second that is over for the others. */
    @Test
    void anEndingThatIsToldLate_countsWithThoseOfNow() {
        RecentEndings recent = over(2, 1, 1, 1);
        recent.succeeded(10);
        recent.succeeded(9);
        assertFalse(recent.wentWrong(8, true, false));
        assertEquals(100f / 3, recent.failurePercent(), 0.001f);
    }

    @Test
    void noneIsLost_thatManyThreadsTell() throws InterruptedException {
        RecentEndings recent = over(3_600, 1_000_000, 1, 1);
        List<Thread> threads = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        for (int i = 0; i < 4; i++) {
            Thread thread = new Thread(() -> {
                try {
                    start.await();
                } catch (InterruptedException end) {
                    return;
                }
                for (int n = 0; n < 10_000; n++) {
                    if (n % 10 == 0) {
                        recent.wentWrong(n / 100, true, false);
                    } else {
                        recent.succeeded(n / 100);
                    }
                }
            });
            thread.start();
            threads.add(thread);
        }
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertEquals(10f, recent.failurePercent(), 0.01f);
    }
}
