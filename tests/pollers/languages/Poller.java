// A poller with java.net.http, or with HttpURLConnection where HTTP=url; HABIT breaks it: often, endless or flat.
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

class Poller {
    static final String HABIT = System.getenv().getOrDefault("HABIT", "");
    static final String CREDENTIALS = "Bearer " + System.getenv("FLEXFORWARD_TOKEN");
    static final Map<String, Integer> WAITS =
            Map.of("Pending", 14400, "InfoReceived", 14400, "InTransit", 1800, "Exception", 900);
    static final Set<String> TOLD = Set.of("InfoReceived", "InTransit", "Exception", "Delivered");
    static final Pattern TAG = Pattern.compile("^\\{[^\\[]*\"tag\":\\s*\"(\\w+)\".*\\}$", Pattern.DOTALL);
    static final HttpClient CLIENT = HttpClient.newBuilder().connectTimeout(Duration.ofSeconds(10)).build();

    record Answer(int status, String body) {}

    interface Asking {
        Answer ask(URI uri) throws IOException, InterruptedException;
    }

    static Answer byClient(URI uri) throws IOException, InterruptedException {
        var request = HttpRequest.newBuilder(uri).header("Authorization", CREDENTIALS).timeout(Duration.ofSeconds(30));
        var answer = CLIENT.send(request.build(), BodyHandlers.ofString());
        return new Answer(answer.statusCode(), answer.body());
    }

    static Answer byUrl(URI uri) throws IOException {
        var connection = (HttpURLConnection) uri.toURL().openConnection();
        connection.setRequestProperty("Authorization", CREDENTIALS);
        connection.setConnectTimeout(10_000);
        connection.setReadTimeout(30_000);
        int status = connection.getResponseCode();
        if (status != 200) return new Answer(status, "");
        try (var body = connection.getInputStream()) {
            return new Answer(status, new String(body.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        follow("url".equals(System.getenv("HTTP")) ? Poller::byUrl : Poller::byClient);
    }

    static void follow(Asking asking) throws InterruptedException {
        var order = URLEncoder.encode(System.getenv("FLEXFORWARD_ORDER_NUMBER"), StandardCharsets.UTF_8).replace("+", "%20");
        var uri = URI.create(System.getenv("FLEXFORWARD_BASE_URL") + "/tracking/" + order);
        var last = "";
        for (int failures = 0; ; ) {
            String tag = null;
            try {
                var answer = asking.ask(uri);
                if (Set.of(401, 403, 404, 422).contains(answer.status)) System.exit(0);
                var found = TAG.matcher(answer.body);
                if (answer.status == 200 && found.find()) tag = found.group(1);
            } catch (IOException passing) {
                tag = null;
            }
            if (tag == null) {
                failures++;
                Thread.sleep(1000L * (HABIT.equals("flat") ? 45 : Math.min(30 << Math.min(failures, 10), 1800)));
                continue;
            }
            failures = 0;
            if (TOLD.contains(tag) && !tag.equals(last)) System.out.println("notify: " + (last = tag));
            if (Set.of("Delivered", "Cancelled").contains(tag) && !HABIT.equals("endless")) System.exit(0);
            Thread.sleep(1000L * (HABIT.equals("often") ? 300 : WAITS.getOrDefault(tag, 3600)));
        }
    }
}
