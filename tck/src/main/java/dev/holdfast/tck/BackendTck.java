package dev.holdfast.tck;

import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.DisplayNameGeneration;
import org.junit.jupiter.api.DisplayNameGenerator;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.api.parallel.Isolated;

/**
 * Every rule of the contract as a test of one backend. An author extends it and names how the backend is opened:
 *
 * <pre>{@code
 * class AcmeBackendTckTest extends BackendTck {
 *     @Override
 *     protected TckSubject subject() {
 *         return TckSubject.open("acme://localhost");
 *     }
 * }
 * }</pre>
 *
 * <p>Each rule has a fresh namespace, so the store may be in use by others. A rule about an undeclared capability, or one that cannot be
 * tried here, is aborted with the reason; a rule whose measurements came too late to mean anything is tried again with doubled times and
 * in the end, as inconclusive, fails the test. A report with all that was not proven is printed after the last rule. Rules run one after
 * the other, and no other test beside them, also where JUnit runs tests in parallel.
 *
 * <p>Configuration parameters of JUnit, or system properties:
 *
 * <ul>
 *   <li>{@code tck.rule=C02,T01} runs these rules alone;
 *   <li>{@code tck.seed=42} repeats the random choices of a run that printed this seed;
 *   <li>{@code tck.report=target/tck.html} writes the report as a page, with what a broken history looks like, to
 *       {@code target/tck-com.acme.AcmeBackendTckTest.html}: each class has its own;
 *   <li>{@code tck.profile=core} leaves out the rules that need {@link Faults};
 *   <li>{@code tck.patience=PT1M} gives what must happen so long before it counts as not happening, instead of ten seconds;
 *   <li>{@code tck.lease=PT0.5S} is the lease that a busy machine does not lose, instead of two seconds: for stores in this process, to save time.
 * </ul>
 */
@ExtendWith(RuleRunner.class)
@Isolated("what others do at the same time would make its measurements late")
@Execution(ExecutionMode.SAME_THREAD)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
@DisplayNameGeneration(DisplayNameGenerator.ReplaceUnderscores.class)
public abstract class BackendTck {

    /** How the backend under test is opened; asked once. */
    protected abstract TckSubject subject();

    // JUnit's own order of nested classes is stable but nobody's; this is the order of the contract.

    @Nested
    @Order(1)
    class S_values extends ValueRules {}

    @Nested
    @Order(2)
    class K_keys_and_bytes extends KeyRules {}

    @Nested
    @Order(3)
    class T_time_to_live extends ExpiryRules {}

    @Nested
    @Order(4)
    class C_compare_and_set extends CompareAndSetRules {}

    @Nested
    @Order(5)
    class B_several_keys extends BatchRules {}

    @Nested
    @Order(6)
    class Q_scans extends ScanRules {}

    @Nested
    @Order(7)
    class N_namespaces extends NamespaceRules {}

    @Nested
    @Order(8)
    class E_scopes extends ScopeRules {}

    @Nested
    @Order(9)
    class F_fenced_scopes extends FencingRules {}

    @Nested
    @Order(10)
    class F_fencing_tokens extends TokenRules {}

    @Nested
    @Order(11)
    class L_lock_basics extends LockRules {}

    @Nested
    @Order(12)
    class X_leases extends LeaseRules {}

    @Nested
    @Order(13)
    class R_renewal extends RenewalRules {}

    @Nested
    @Order(14)
    class W_waiting extends WaitingRules {}

    @Nested
    @Order(15)
    class M_many_locks extends GroupRules {}

    @Nested
    @Order(16)
    class Y_events extends EventRules {}

    @Nested
    @Order(17)
    class D_configuration extends ConfigRules {}

    @Nested
    @Order(18)
    class Z_lifecycle extends LifecycleRules {}

    @Nested
    @Order(19)
    class G_histories extends HistoryRules {}

    @Nested
    @Order(20)
    class P_faults_of_the_store extends FaultRules {}

    @Nested
    @Order(21)
    class P_faults_of_a_process extends ProcessRules {}
}
