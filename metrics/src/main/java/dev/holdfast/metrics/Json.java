package dev.holdfast.metrics;

/** Writes JSON of names, numbers and texts that need no escapes: names of ours, and times. One thread at a time. */
final class Json {
    private final StringBuilder text = new StringBuilder();
    private boolean isFirst = true;

    Json open(char bracket) {
        separate();
        text.append(bracket);
        isFirst = true;
        return this;
    }

    Json close(char bracket) {
        text.append(bracket);
        isFirst = false;
        return this;
    }

    Json name(String name) {
        text(name);
        text.append(':');
        isFirst = true;
        return this;
    }

    Json text(String value) {
        separate();
        text.append('"').append(value).append('"');
        return this;
    }

    Json number(long value) {
        separate();
        text.append(value);
        return this;
    }

    /** NaN, which JSON does not have, is null. */
    Json number(double value) {
        separate();
        if (Double.isNaN(value)) {
            text.append("null");
        } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
            text.append((long) value);
        } else {
            text.append(value);
        }
        return this;
    }

    Json bool(boolean value) {
        separate();
        text.append(value);
        return this;
    }

    private void separate() {
        if (!isFirst) {
            text.append(',');
        }
        isFirst = false;
    }

    @Override
    public String toString() {
        return text.toString();
    }
}
