package dev.holdfast.backend;

import dev.holdfast.config.ConfigException;
import java.io.ByteArrayOutputStream;
import java.net.IDN;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes the text of a URL apart.
 *
 * <p>Messages name the part that is wrong by its kind and position and do not repeat its text: where a password contains a raw
 * {@code / ? # @} or {@code &}, any part may be a piece of it. For the same reason a raw {@code @} is refused everywhere but before
 * the hosts, since elsewhere it stands when a password was cut short by one of the others.
 */
final class UriParser {
    private static final int MAX_CHARACTERS = 16 << 10;
    private static final Pattern SCHEME = Pattern.compile("[a-zA-Z][a-zA-Z0-9+.-]{0,63}");
    private static final Pattern ADDRESS = Pattern.compile("[0-9a-fA-F:.]*:[0-9a-fA-F:.]*(%[a-zA-Z0-9._-]+)?");
    private static final Pattern HOST = Pattern.compile("[a-zA-Z0-9._-]{1,253}");
    private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{[^}]*}");
    private static final String ENCODE =
            "; inside a user, password, path or parameter write @ as %40, / as %2F, ? as %3F, # as %23, & as %26, % as %25";

    private UriParser() {}

    /** @param parameters decoded, in the order given */
    record Parsed(BackendUri place, Map<String, String> parameters) {}

    /** Throws {@link ConfigException} for what is not a URL. */
    static Parsed parse(String text) {
        requireSane(text);
        int colon = text.indexOf(':');
        if (colon < 0 || !SCHEME.matcher(text.substring(0, colon)).matches()) {
            throw new ConfigException("the URL has no scheme; begin it with one: memory: or redis://localhost:6379");
        }
        String scheme = text.substring(0, colon).toLowerCase(Locale.ROOT);
        String rest = text.substring(colon + 1);
        int question = rest.indexOf('?');
        String place = question < 0 ? rest : rest.substring(0, question);
        int hostsEnd = place.startsWith("//") ? hostsEnd(place) : 0;
        if (rest.indexOf('@', hostsEnd) >= 0) {
            throw new ConfigException("the URL has a raw '@' where no user and password end" + ENCODE);
        }
        String path = decode("path", place.substring(hostsEnd));
        requirePlain("path", path);
        BackendUri uri = hostsEnd == 0
                ? new BackendUri(scheme, null, null, List.of(), path)
                : withHosts(scheme, place.substring(2, hostsEnd), path);
        return new Parsed(uri, question < 0 ? Map.of() : parameters(rest.substring(question + 1)));
    }

    private static void requireSane(String text) {
        if (text.isBlank()) {
            throw new ConfigException("the URL is blank; write one such as memory: or redis://localhost:6379");
        }
        if (text.length() > MAX_CHARACTERS) {
            throw new ConfigException(
                    "the URL has " + text.length() + " characters; at most " + MAX_CHARACTERS + " are allowed");
        }
        for (int i = 0; i < text.length(); i++) {
            if (Character.isISOControl(text.charAt(i))) {
                throw new ConfigException(String.format(
                        "the URL has the control character U+%04X at position %d; remove it, or write it as %%%02X",
                        (int) text.charAt(i), i, (int) text.charAt(i)));
            }
        }
        Matcher placeholder = PLACEHOLDER.matcher(text);
        if (placeholder.find()) {
            throw new ConfigException("the URL contains the placeholder " + name(placeholder.group())
                    + " that nobody resolved; resolve it first, or write $ as %24 if it is meant");
        }
        if (text.indexOf('#') >= 0) {
            throw new ConfigException("the URL has a raw '#', and no fragment has a meaning here" + ENCODE);
        }
    }

    /** The placeholder if it looks like the name of a variable; otherwise it may be a piece of a password. */
    private static String name(String placeholder) {
        return placeholder.matches("\\$\\{[A-Z][A-Z0-9_]*}") ? placeholder : "${...}";
    }

    private static int hostsEnd(String place) {
        int slash = place.indexOf('/', 2);
        return slash < 0 ? place.length() : slash;
    }

    private static BackendUri withHosts(String scheme, String authority, String path) {
        int at = authority.lastIndexOf('@');
        String user = null;
        String password = null;
        if (at >= 0) {
            String login = authority.substring(0, at);
            int colon = login.indexOf(':');
            user = decode("user", colon < 0 ? login : login.substring(0, colon));
            requirePlain("user", user);
            if (colon >= 0) {
                password = decode("password", login.substring(colon + 1));
                if (password.isEmpty()) {
                    throw new ConfigException(
                            "the URL has an empty password; leave out the ':' before the '@' if there" + " is none");
                }
            }
        }
        String hosts = authority.substring(at + 1);
        String inside = path.startsWith("/") ? path.substring(1) : path;
        if (hosts.isEmpty() && (at >= 0 || inside.isEmpty())) {
            throw new ConfigException("the URL names no host behind //");
        }
        return new BackendUri(
                scheme,
                user == null || user.isEmpty() ? null : user,
                password,
                hosts.isEmpty() ? List.of() : hosts(hosts),
                inside);
    }

    private static List<BackendUri.Host> hosts(String text) {
        List<BackendUri.Host> hosts = new ArrayList<>();
        for (String one : text.split(",", -1)) {
            BackendUri.Host host = host(one, "host " + (hosts.size() + 1));
            if (hosts.contains(host)) {
                throw new ConfigException("host " + (hosts.size() + 1) + " of the URL was named before; remove it");
            }
            hosts.add(host);
        }
        return hosts;
    }

    private static BackendUri.Host host(String text, String which) {
        if (text.isBlank()) {
            throw new ConfigException(which + " of the URL is empty; remove the comma or name it");
        }
        if (text.startsWith("[")) {
            int end = text.indexOf(']');
            // RFC 6874 writes the '%' before a zone as %25.
            String address = end < 0 ? "" : text.substring(1, end).replace("%25", "%");
            if (!ADDRESS.matcher(address).matches()) {
                throw new ConfigException(which + " of the URL is no IPv6 address in brackets, such as [::1]:6379");
            }
            return new BackendUri.Host(address, port(text.substring(end + 1), which));
        }
        int colon = text.indexOf(':');
        if (colon != text.lastIndexOf(':')) {
            throw new ConfigException(which
                    + " of the URL has more than one ':'; write an IPv6 address in brackets, [::1]:6379" + ENCODE);
        }
        String name = ascii(decode("host", colon < 0 ? text : text.substring(0, colon)), which);
        return new BackendUri.Host(name, port(colon < 0 ? "" : text.substring(colon), which));
    }

    private static String ascii(String name, String which) {
        String ascii = name;
        try {
            ascii = name.chars().allMatch(unit -> unit < 128) ? name : IDN.toASCII(name);
        } catch (IllegalArgumentException noHostName) {
            // Refused below, in the words of every other bad name.
        }
        if (!HOST.matcher(ascii).matches()) {
            throw new ConfigException(
                    which + " of the URL is no host name; letters, digits, '.', '-' and '_' are allowed" + ENCODE);
        }
        return ascii;
    }

    private static int port(String text, String which) {
        if (text.isEmpty()) {
            return -1;
        }
        if (text.matches(":0*[0-9]{1,5}")) {
            int port = Integer.parseInt(text.substring(1));
            if (port >= 1 && port <= 65_535) {
                return port;
            }
        }
        throw new ConfigException("the port of " + which + " of the URL is no number from 1 to 65535" + ENCODE);
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        int position = 0;
        for (String one : query.split("&", -1)) {
            position++;
            int equals = one.indexOf('=');
            if (equals < 1) {
                throw new ConfigException(
                        "parameter " + position + " of the URL is not of the form name=value" + ENCODE);
            }
            String name = decode("parameter " + position, one.substring(0, equals));
            if (parameters.put(name, decode("parameter " + position, one.substring(equals + 1))) != null) {
                throw new ConfigException(
                        "parameter " + position + " of the URL was given before; give each option once" + ENCODE);
            }
        }
        return parameters;
    }

    private static void requirePlain(String part, String text) {
        if (text.chars().anyMatch(Character::isISOControl)) {
            throw new ConfigException("the " + part + " of the URL contains an encoded control character");
        }
    }

    /** Percent-decoding as UTF-8; a '+' is a '+'. */
    private static String decode(String part, String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); ) {
            if (text.charAt(i) == '%') {
                bytes.write(hex(part, text, i));
                i += 3;
            } else {
                int end = text.indexOf('%', i);
                String plain = text.substring(i, end < 0 ? text.length() : end);
                bytes.writeBytes(plain.getBytes(StandardCharsets.UTF_8));
                i += plain.length();
            }
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
        } catch (CharacterCodingException notText) {
            throw new ConfigException("the " + part + " of the URL, percent-decoded, is not UTF-8");
        }
    }

    private static int hex(String part, String text, int percent) {
        int high = percent + 2 < text.length() ? Character.digit(text.charAt(percent + 1), 16) : -1;
        int low = percent + 2 < text.length() ? Character.digit(text.charAt(percent + 2), 16) : -1;
        if (high < 0 || low < 0) {
            throw new ConfigException(
                    "the " + part + " of the URL has a '%' without two hexadecimal digits behind it; write % as %25");
        }
        return high * 16 + low;
    }
}
