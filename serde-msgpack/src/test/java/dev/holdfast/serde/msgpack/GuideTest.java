package dev.holdfast.serde.msgpack;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.serde.KeySerde;
import dev.holdfast.serde.TypedState;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The examples of the README compile, do what it says, and are what stands there. */
class GuideTest {
    private static final Path SOURCE = Path.of("src/test/java/dev/holdfast/serde/msgpack/GuideTest.java");

    static void use(Backend backend) {
        // begin
        record Account(String owner, BigDecimal balance, @Nullable String note) {}

        TypedState<String, Account> accounts = TypedState.over(
                backend.state().scope("bank"), KeySerde.text().under("account/"), MessagePackSerde.of(Account.class));
        accounts.put("ada", new Account("Ada", new BigDecimal("1.10"), null));
        accounts.update("ada", old -> new Account(old.owner(), old.balance().add(BigDecimal.ONE), old.note()));
        // end
        assertEquals(
                new Account("Ada", new BigDecimal("2.10"), null),
                accounts.get("ada").orElseThrow());
    }

    // begin
    // Version 1 was: record Customer(String name, int cents) {}
    // Version 2 was: record Customer(String first, String last, int cents) {}
    record Customer(String first, String last, BigDecimal balance) {}

    static final MessagePackSerde<Customer> CUSTOMERS = MessagePackSerde.builder(Customer.class)
            .version(3)
            .upcast(1, customer -> {
                String[] names = customer.text("name").split(" ", 2);
                customer.remove("name");
                customer.put("first", names[0]).put("last", names.length == 1 ? "" : names[1]);
            })
            .upcast(2, customer -> {
                customer.put("balance", BigDecimal.valueOf(customer.integer("cents"), 2));
                customer.remove("cents");
            })
            .build();
    // end

    private static final class One {
        record Customer(String name, int cents) {}
    }

    private static final class Two {
        record Customer(String first, String last, int cents) {}
    }

    @Test
    void theFirstExample_doesWhatItSays() {
        try (Backend backend = Backends.open("memory:")) {
            use(backend);
        }
    }

    @Test
    void theGuide_readsEveryVersionThatWasStored() {
        byte[] first = MessagePackSerde.of(One.Customer.class).encode(new One.Customer("Ada Lovelace", 1234));
        byte[] second = MessagePackSerde.builder(Two.Customer.class)
                .version(2)
                .oldestVersion(2)
                .build()
                .encode(new Two.Customer("Ada", "Lovelace", 1234));
        Customer now = new Customer("Ada", "Lovelace", new BigDecimal("12.34"));
        assertEquals(now, CUSTOMERS.decode(first));
        assertEquals(now, CUSTOMERS.decode(second));
        assertEquals(now, CUSTOMERS.decode(CUSTOMERS.encode(now)));
        byte[] shortName = MessagePackSerde.of(One.Customer.class).encode(new One.Customer("Ada", 1));
        assertEquals(new Customer("Ada", "", new BigDecimal("0.01")), CUSTOMERS.decode(shortName));
    }

    @Test
    void theExamples_areTheOnesThatAreTested() throws IOException {
        assertEquals(
                blocks(Files.readString(SOURCE), "// begin\n(.*?)\n *// end\n"),
                blocks(Files.readString(Path.of("README.md")), "```java\n(.*?)\n```"));
    }

    private static List<String> blocks(String text, String pattern) {
        return Pattern.compile("(?m)^ *" + pattern, Pattern.DOTALL)
                .matcher(text)
                .results()
                .map(found -> found.group(1).stripIndent().strip())
                .toList();
    }
}
