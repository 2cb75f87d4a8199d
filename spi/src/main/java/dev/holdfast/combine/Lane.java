package dev.holdfast.combine;

import dev.holdfast.spi.BackendClosedException;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * One connection's worth of commands: at most one sending at a time, and a queue of what came meanwhile.
 *
 * <p>Inside: {@code busy} says that somebody has the lane, who alone may send. Whoever gives it up looks at the queue under the lock
 * and either hands the lane on (the first blocking caller whose command is in the next batch is told to lead; commands whose answers
 * nobody waits for are written at once; for others a flusher is started) or sets {@code busy} false. A leader takes the batch from the
 * head of the queue, and its own command is always in it: no wake-up can be lost to a batch that belonged to somebody else.
 */
final class Lane<C, R extends @Nullable Object> {
    private final int index;
    private final int maxBatch;
    private final int maxQueue;
    private final Transport<C, R> transport;
    private final Executor flushers;
    private final Routes routes;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition room = lock.newCondition();
    private ArrayDeque<Pending<C, R>> queue = new ArrayDeque<>();
    /** Empty; touched by who has the lane. */
    private ArrayDeque<Pending<C, R>> spare = new ArrayDeque<>();

    private boolean closed;
    // Written by who has the lane.
    private final AtomicLong commands = new AtomicLong();
    private final AtomicLong batches = new AtomicLong();
    // Written under the lock; read without it as hints.
    private volatile boolean busy;

    Lane(int index, int maxBatch, int maxQueue, Transport<C, R> transport, Executor flushers, Routes routes) {
        this.index = index;
        this.maxBatch = maxBatch;
        this.maxQueue = maxQueue;
        this.transport = transport;
        this.flushers = flushers;
        this.routes = routes;
    }

    int queued() {
        lock.lock();
        try {
            return queue.size();
        } finally {
            lock.unlock();
        }
    }

    /** The number of commands sent so far. */
    long commands() {
        return commands.get();
    }

    /** In how many sendings. */
    long batches() {
        return batches.get();
    }

    private void count(List<Pending<C, R>> sent) {
        commands.lazySet(commands.getPlain() + sent.size());
        batches.lazySet(batches.getPlain() + 1);
    }

    /** Sends the caller's command on its own thread if the lane is idle; false, and nothing done, if it is not. */
    boolean send(Pending<C, R> own) {
        if (busy) {
            return false;
        }
        lock.lock();
        try {
            failIfClosed();
            if (busy) {
                return false;
            }
            busy = true;
        } finally {
            lock.unlock();
        }
        try {
            send(List.of(own));
        } finally {
            handOn();
        }
        return true;
    }

    /** Queues the caller's command and waits for its outcome, sending a batch if told to lead. */
    void join(Pending<C, R> own) {
        boolean mine = false;
        lock.lock();
        try {
            awaitRoom();
            failIfClosed();
            queue.add(own);
            if (!busy) {
                busy = true;
                mine = true;
            }
        } finally {
            lock.unlock();
        }
        if (mine) {
            lead();
            return;
        }
        boolean interrupted = false;
        while (!own.isDone() && !own.isLeader()) {
            LockSupport.park(this);
            if (Thread.interrupted()) {
                interrupted = true;
                if (withdraw(own)) {
                    Thread.currentThread().interrupt();
                    throw new BackendUnavailableException("interrupted before the command was sent; it was taken back");
                }
            }
        }
        if (own.isLeader()) {
            lead();
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Queues a command whose caller does not wait. */
    void enqueue(Pending<C, R> pending) {
        RuntimeException refused = null;
        boolean start = false;
        lock.lock();
        try {
            if (closed) {
                refused = new BackendClosedException();
            } else if (queue.size() >= maxQueue) {
                refused = new BackendUnavailableException(
                        "the queue is full with " + maxQueue + " commands; this one was not sent, try again later");
            } else {
                queue.add(pending);
                start = !busy;
                busy = true;
            }
        } finally {
            lock.unlock();
        }
        if (refused != null) {
            end(pending, null, refused);
        } else if (start) {
            startFlusher();
        }
    }

    /** Writes a command whose answer nobody waits for, if the lane is idle; false, and nothing done, if it is not. */
    boolean post(Pending<C, R> pending) {
        if (busy) {
            return false;
        }
        lock.lock();
        try {
            if (closed || busy) {
                return false;
            }
            busy = true;
            queue.add(pending);
        } finally {
            lock.unlock();
        }
        handOn();
        return true;
    }

    /** Has a flusher read what was posted, if the lane is idle. */
    void collect() {
        if (busy) {
            return;
        }
        try {
            flushers.execute(this::collectIfIdle);
        } catch (RuntimeException | Error refused) {
            // Nobody else will: better a short wait here than a reply that is never read.
            collectIfIdle();
        }
    }

    /** Takes the lane only now that it runs: who comes before it would wait for a thread that has yet to wake up. */
    private void collectIfIdle() {
        lock.lock();
        try {
            if (busy) {
                return;
            }
            busy = true;
        } finally {
            lock.unlock();
        }
        try {
            collectPosted();
        } finally {
            handOn();
        }
    }

    void close() {
        List<Pending<C, R>> waiting;
        lock.lock();
        try {
            closed = true;
            waiting = new ArrayList<>(queue);
            // A leader already told still comes for its batch; it must find its own command there.
            queue.removeIf(pending -> !pending.isLeader());
            waiting.removeIf(Pending::isLeader);
            room.signalAll();
        } finally {
            lock.unlock();
        }
        waiting.forEach(pending -> end(pending, null, new BackendClosedException()));
    }

    /** Sends the batch at the head of the queue, then hands the lane on. The caller has the lane. */
    private void lead() {
        try {
            send(take());
        } finally {
            handOn();
        }
    }

    /**
     * Sends batch after batch until nothing waits; runs on a flusher, which has the lane. A batch is written before the replies of the one
     * before it are read, so that the store works on the one while the callers of the other are told.
     */
    private void flush() {
        while (true) {
            List<Pending<C, R>> batch = take();
            if (!batch.isEmpty()) {
                sendAhead(batch);
                continue;
            }
            collectPosted();
            lock.lock();
            try {
                if (queue.isEmpty()) {
                    busy = false;
                    return;
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private void sendAhead(List<Pending<C, R>> batch) {
        boolean sent = true;
        RuntimeException failure = null;
        try {
            sent = transport.sendAhead(index, commands(batch), new Told(batch));
        } catch (Throwable thrown) {
            failure = meaning(thrown);
        }
        if (failure != null) {
            endRest(batch, failure);
        } else if (sent) {
            count(batch);
        } else {
            send(batch);
        }
    }

    /** What a transport's throwing means to the commands it did not tell. */
    private static RuntimeException meaning(Throwable thrown) {
        if (thrown instanceof BackendUnavailableException
                || thrown instanceof BackendRejectedException
                || thrown instanceof BackendClosedException) {
            return (RuntimeException) thrown;
        }
        return new OutcomeUnknownException("the reply was lost: " + thrown.getMessage(), thrown);
    }

    private void collectPosted() {
        try {
            transport.collect(index);
        } catch (Throwable broken) {
            // Whom it concerns has been told, and the lane must go on.
        }
    }

    private List<Pending<C, R>> take() {
        ArrayDeque<Pending<C, R>> taken;
        lock.lock();
        try {
            room.signalAll();
            if (queue.size() > maxBatch) {
                List<Pending<C, R>> batch = new ArrayList<>(maxBatch);
                while (batch.size() < maxBatch) {
                    batch.add(queue.remove());
                }
                return batch;
            }
            // Whoever waits for this lock should not wait for the copying.
            taken = queue;
            queue = spare;
        } finally {
            lock.unlock();
        }
        List<Pending<C, R>> batch = new ArrayList<>(taken);
        taken.clear();
        spare = taken;
        return batch;
    }

    private void handOn() {
        while (true) {
            List<Pending<C, R>> lazy = List.of();
            Pending<C, R> leader;
            lock.lock();
            try {
                if (queue.isEmpty()) {
                    busy = false;
                    return;
                }
                leader = nextLeader();
                if (leader != null) {
                    leader.choose();
                } else if (queue.stream().allMatch(Pending::isLazy)) {
                    lazy = take();
                }
            } finally {
                lock.unlock();
            }
            if (leader != null) {
                // Woken only now, for it asks for the lock first of all, as do others meanwhile.
                leader.wake();
                return;
            }
            if (lazy.isEmpty() || !post(lazy)) {
                startFlusher();
                return;
            }
        }
    }

    /** The first blocking caller that would lead a batch with its own command in it. */
    private @Nullable Pending<C, R> nextLeader() {
        int place = 0;
        for (Pending<C, R> pending : queue) {
            if (place++ == maxBatch) {
                break;
            }
            if (pending.isBlocking()) {
                return pending;
            }
        }
        return null;
    }

    /** Whether the batch was written; if not it is in the queue again, where it was. */
    private boolean post(List<Pending<C, R>> batch) {
        RuntimeException failure;
        try {
            if (transport.post(index, commands(batch), new Told(batch))) {
                count(batch);
                return true;
            }
            lock.lock();
            try {
                for (int i = batch.size() - 1; i >= 0; i--) {
                    queue.addFirst(batch.get(i));
                }
            } finally {
                lock.unlock();
            }
            return false;
        } catch (Throwable thrown) {
            failure = meaning(thrown);
        }
        endRest(batch, failure);
        return true;
    }

    private void startFlusher() {
        try {
            flushers.execute(this::flush);
        } catch (RuntimeException | Error refused) {
            // An error too: a machine without threads left throws one, and the lane would be busy for ever.
            BackendException notSent =
                    new BackendUnavailableException("no thread to send the command; it was not sent", refused);
            endRest(take(), notSent);
            handOn();
        }
    }

    private boolean withdraw(Pending<C, R> own) {
        lock.lock();
        try {
            if (own.isLeader() || !queue.remove(own)) {
                return false;
            }
            room.signal();
            return true;
        } finally {
            lock.unlock();
        }
    }

    private void awaitRoom() {
        while (queue.size() >= maxQueue && !closed) {
            try {
                room.await();
            } catch (InterruptedException interrupt) {
                Thread.currentThread().interrupt();
                throw new BackendUnavailableException("interrupted before the command was sent", interrupt);
            }
        }
    }

    private void failIfClosed() {
        if (closed) {
            throw new BackendClosedException();
        }
    }

    private void send(List<Pending<C, R>> batch) {
        count(batch);
        RuntimeException untold = null;
        try {
            transmit(() -> transport.send(index, commands(batch), new Told(batch)));
        } catch (Throwable thrown) {
            untold = meaning(thrown);
        }
        for (Pending<C, R> pending : batch) {
            if (!pending.isDone()) {
                // Made only now, for an exception costs as much as a system call and nearly every batch is told whole.
                untold = untold == null ? forgotten() : untold;
                end(pending, null, untold);
            }
        }
    }

    /** By a flusher for a virtual thread: one that is interrupted at a socket closes it, and others have commands, or locks, on it. */
    private void transmit(Runnable sending) throws Throwable {
        if (!VirtualThreads.isCurrent()) {
            sending.run();
            return;
        }
        FutureTask<?> task = new FutureTask<>(sending, null);
        try {
            flushers.execute(task);
        } catch (RuntimeException | Error refused) {
            task.run();
        }
        boolean interrupted = false;
        try {
            while (true) {
                try {
                    task.get();
                    return;
                } catch (InterruptedException later) {
                    interrupted = true;
                } catch (ExecutionException failed) {
                    throw failed.getCause();
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static OutcomeUnknownException forgotten() {
        return new OutcomeUnknownException("the transport ended without telling the command's outcome");
    }

    private List<C> commands(List<Pending<C, R>> batch) {
        List<C> commands = new ArrayList<>(batch.size());
        for (Pending<C, R> pending : batch) {
            commands.add(pending.command);
        }
        return commands;
    }

    private void endRest(List<Pending<C, R>> batch, RuntimeException error) {
        for (Pending<C, R> pending : batch) {
            if (!pending.isDone()) {
                end(pending, null, error);
            }
        }
    }

    private void end(Pending<C, R> pending, @Nullable R answer, @Nullable RuntimeException error) {
        if (!pending.isBlocking()) {
            routes.leave(pending.affinity);
        }
        pending.end(answer, error);
    }

    private final class Told implements Transport.Replies<R> {
        private final List<Pending<C, R>> batch;

        Told(List<Pending<C, R>> batch) {
            this.batch = batch;
        }

        @Override
        public void reply(int index, R reply) {
            tell(index, reply, null);
        }

        @Override
        public void error(int index, BackendException error) {
            tell(index, null, error);
        }

        private void tell(int index, @Nullable R reply, @Nullable BackendException error) {
            Pending<C, R> pending = batch.get(index);
            if (!pending.isDone()) {
                end(pending, reply, error);
            }
        }
    }
}
