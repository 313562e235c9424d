import java.util.concurrent.CountDownLatch;
import org.codelibs.opensearch.runner.OpenSearchRunner;

/** One node of the cluster for tests: {@code Node FOLDER SETTING=VALUE...}, until SIGTERM. */
public class Node {
    public static void main(String[] arguments) throws InterruptedException {
        OpenSearchRunner runner = new OpenSearchRunner();
        runner.onBuild((number, settings) -> {
            for (int at = 1; at < arguments.length; at++) {
                String[] pair = arguments[at].split("=", 2);
                settings.put(pair[0], pair[1]);
            }
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            try {
                runner.close();
            } catch (java.io.IOException error) {
                error.printStackTrace();
            }
        }));
        runner.build("-basePath", arguments[0], "-numOfNode", "1", "-indexStoreType", "niofs", "-disableESLogger");
        new CountDownLatch(1).await();
    }
}
