package dev.holdfast.resilience;

import dev.holdfast.backend.Layer;
import dev.holdfast.backend.LayerProvider;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Option;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Time;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Makes the layer if one of its options is given. */
public final class ResilienceLayerProvider implements LayerProvider {
    @Override
    public String name() {
        return "resilience";
    }

    /** Outside of what changes values, which so is repeated with the operation; inside of what measures, which so sees one operation. */
    @Override
    public int order() {
        return 500;
    }

    @Override
    public List<Option<?>> options() {
        return ResilienceOptions.all();
    }

    @Override
    public Optional<Layer> create(Settings settings, Time time) {
        boolean repeats = !settings.get(ResilienceOptions.RETRY).equals("none");
        boolean breaks = settings.get(ResilienceOptions.CIRCUIT_BREAKER);
        if (!repeats) {
            refuse(settings, List.of(ResilienceOptions.RETRY_DEADLINE), "retry=default");
        }
        if (!breaks) {
            refuse(settings, ResilienceOptions.ofBreaker(), "circuitBreaker=on");
        }
        Duration limit = settings.get(ResilienceOptions.TIME_LIMIT);
        Duration scanLimit = settings.get(ResilienceOptions.SCAN_TIME_LIMIT);
        int most = settings.get(ResilienceOptions.MAX_CONCURRENT);
        int mostScans = settings.get(ResilienceOptions.MAX_CONCURRENT_SCANS);
        if (!repeats && !breaks && limit.isZero() && scanLimit.isZero() && most == 0 && mostScans == 0) {
            return Optional.empty();
        }
        ResilienceLayer.Builder layer = ResilienceLayer.builder().time(time).retry(retry(settings));
        if (breaks) {
            layer.circuitBreaker(breaker(settings));
        }
        for (OperationKind kind : OperationKind.values()) {
            boolean isScan = kind == OperationKind.SCAN;
            Duration ofKind = isScan ? scanLimit : limit;
            if (!ofKind.isZero()) {
                layer.timeLimit(kind, ofKind);
            }
            int mostOfKind = isScan ? mostScans : most;
            if (mostOfKind > 0) {
                layer.maxConcurrent(kind, mostOfKind);
            }
        }
        return Optional.of(layer.build());
    }

    private static void refuse(Settings settings, List<Option<?>> options, String remedy) {
        for (Option<?> option : options) {
            if (settings.isGiven(option)) {
                throw new ConfigException(option.name() + ", given " + settings.source(option)
                        + ", means nothing without " + remedy + "; give that too, or remove it");
            }
        }
    }

    private static RetryPolicy retry(Settings settings) {
        Duration deadline = settings.get(ResilienceOptions.RETRY_DEADLINE);
        return switch (settings.get(ResilienceOptions.RETRY)) {
            case "default" -> RetryPolicy.defaults().within(deadline);
            case "aggressive" -> RetryPolicy.aggressive().within(deadline);
            default -> RetryPolicy.none();
        };
    }

    private static BreakerPolicy breaker(Settings settings) {
        return BreakerPolicy.builder()
                .failureRate(settings.get(ResilienceOptions.BREAKER_FAILURES))
                .slowRate(settings.get(ResilienceOptions.BREAKER_SLOW))
                .slowCall(settings.get(ResilienceOptions.BREAKER_SLOW_CALL))
                .window(Duration.ofSeconds(settings.get(ResilienceOptions.BREAKER_WINDOW_SECONDS)))
                .minCalls(settings.get(ResilienceOptions.BREAKER_MIN_CALLS))
                .openFor(settings.get(ResilienceOptions.BREAKER_OPEN))
                .build();
    }
}
