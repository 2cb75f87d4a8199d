package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.spi.ManualTime;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The backend under test: how a client of its store is opened, and what the author has to say about it. Immutable. */
public final class TckSubject {

    /**
     * A rule the author knows to be broken. It runs all the same; until the day is over its failure is reported as waived.
     *
     * @param until the last day
     */
    record Waiver(String rule, String reason, LocalDate until) {}

    /** Opens one client, with the given clocks if there are any. */
    private interface Opener {
        Backend open(String namespace, @Nullable ManualTime time);
    }

    private static final TckListener NOBODY = new TckListener() {};

    private final String name;
    private final Opener opener;
    private final @Nullable Opener stopped;
    private final @Nullable ManualTime time;
    private final @Nullable String uri;
    private final Map<String, Waiver> waivers;
    private final @Nullable Faults faults;
    private final String chapters;
    private final TckListener listener;

    private TckSubject(
            String name,
            Opener opener,
            @Nullable Opener stopped,
            @Nullable ManualTime time,
            @Nullable String uri,
            Map<String, Waiver> waivers,
            @Nullable Faults faults,
            String chapters,
            TckListener listener) {
        this.name = name;
        this.opener = opener;
        this.stopped = stopped;
        this.time = time;
        this.uri = uri;
        this.waivers = waivers;
        this.faults = faults;
        this.chapters = chapters;
        this.listener = listener;
    }

    /**
     * The backend of a URL. It is opened many times, with the option {@code namespace} set, and every one must be a client of the same
     * store: for a store inside this process the URL names one. Throws {@link dev.holdfast.config.ConfigException} for what is no URL.
     */
    public static TckSubject open(String uri) {
        String shown = withoutSecrets(uri);
        Opener opener = (namespace, time) -> {
            Backends.Builder builder = Backends.at(uri).set("namespace", namespace);
            return time == null ? builder.open() : builder.time(time).open();
        };
        return new TckSubject(shown, opener, opener, null, uri, Map.of(), null, "", NOBODY);
    }

    /**
     * A backend opened by hand.
     *
     * @param name shown in the report
     * @param opener opens another independent client of the one store for a namespace
     */
    public static TckSubject of(String name, Function<String, Backend> opener) {
        return new TckSubject(
                name, (namespace, time) -> opener.apply(namespace), null, null, null, Map.of(), null, "", NOBODY);
    }

    /**
     * Lets rules move this clock instead of waiting. Backends opened by URL are given it; an opener by hand must have given it to its
     * backends, and the store must take it too.
     */
    public TckSubject withTime(ManualTime manual) {
        return new TckSubject(name, opener, stopped, manual, uri, waivers, faults, chapters, listener);
    }

    /**
     * Lets rules open clients whose process seems to stand still, to see what becomes of their locks. Backends opened by URL need not be
     * told.
     *
     * @param stopped opens a client for a namespace whose lock engine has the given clock; the store keeps its own
     */
    public TckSubject withStoppedClients(BiFunction<String, ManualTime, Backend> stopped) {
        return new TckSubject(
                name,
                opener,
                (namespace, clock) -> stopped.apply(namespace, Objects.requireNonNull(clock)),
                time,
                uri,
                waivers,
                faults,
                chapters,
                listener);
    }

    /**
     * Says that a rule is known to be broken. While the waiver lasts its failure does not fail the build, but heads the report.
     *
     * @param rule its number, such as {@code Q07}
     * @param until the last day, such as {@code 2027-01-01}; from then on the rule fails again
     */
    public TckSubject waive(String rule, String reason, String until) {
        Map<String, Waiver> more = new TreeMap<>(waivers);
        more.put(rule, new Waiver(rule, reason, LocalDate.parse(until)));
        return new TckSubject(name, opener, stopped, time, uri, Map.copyOf(more), faults, chapters, listener);
    }

    /** Lets the rules of the chapter of faults do this to the store; without it they are not run. */
    public TckSubject withFaults(Faults inflicted) {
        return new TckSubject(name, opener, stopped, time, uri, waivers, inflicted, chapters, listener);
    }

    /**
     * Runs only these chapters, and reports all others as not run: for one more class beside the one that runs everything.
     *
     * @param letters their letters, such as {@code "P"} or {@code "LXRW"}
     */
    public TckSubject only(String letters) {
        return new TckSubject(name, opener, stopped, time, uri, waivers, faults, letters, listener);
    }

    /** Whether the chapter with this letter is to be run. */
    boolean includes(String chapter) {
        return chapters.isEmpty() || chapters.contains(chapter);
    }

    /** What can be done to the store, or null if nothing. */
    @Nullable
    Faults faults() {
        return faults;
    }

    /** Tells somebody what becomes of the rules while they run. */
    public TckSubject heardBy(TckListener hearer) {
        return new TckSubject(name, opener, stopped, time, uri, waivers, faults, chapters, hearer);
    }

    TckListener listener() {
        return listener;
    }

    Backend client(String namespace) {
        return opener.open(namespace, time);
    }

    /** A client whose clock stands still until it is moved. */
    Backend stoppedClient(String namespace, ManualTime clock) {
        if (stopped == null) {
            throw new NotRun("the subject does not say how a client with a clock of its own is opened");
        }
        return stopped.open(namespace, clock);
    }

    /** The URL, if the backend is opened by one. */
    Optional<String> uri() {
        return Optional.ofNullable(uri);
    }

    Passage passage() {
        return time == null ? Passage.real() : Passage.manual(time);
    }

    Optional<Waiver> waiver(String rule) {
        return Optional.ofNullable(waivers.get(rule));
    }

    List<Waiver> waivers() {
        return new ArrayList<>(waivers.values());
    }

    /** Nobody knows what a stranger calls his secrets, so no login and no parameter is shown. */
    private static String withoutSecrets(String uri) {
        // What is no URL is refused, in words without a piece of it: in what is left an @ ends a login, and a question
        // mark the place.
        Backends.at(uri);
        return uri.replaceFirst("^([^/?]*//)[^/?]*@", "$1...@").replaceFirst("(?s)\\?.*", "?...");
    }

    /** The name, or the URL as far as it may be shown: without its user and password, and with {@code ?...} for its parameters. */
    @Override
    public String toString() {
        return name;
    }
}
