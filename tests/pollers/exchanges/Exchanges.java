import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;

class Exchanges {
    public static void main(String[] arguments) throws InterruptedException {
        var uri = URI.create(arguments[0]);
        var client = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(1)).build();
        int failed = 0;
        for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
            try {
                if (arguments.length > 2) {
                    var connection = (HttpURLConnection) uri.toURL().openConnection();
                    connection.setConnectTimeout(1000);
                    connection.setReadTimeout(1000);
                    connection.getInputStream().readAllBytes();
                } else {
                    client.send(HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(1)).build(), BodyHandlers.ofString());
                }
            } catch (IOException error) {
                failed++;
                System.err.println(error);
            }
            Thread.sleep(60_000);
        }
        System.out.println(failed);
        System.exit(0);
    }
}
