// Drives the mock over its control API, with the JDK alone: java Drive.java (JDK 17 or newer)

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

class Drive {
    static final String MOCK = System.getenv().getOrDefault("MOCK", "http://127.0.0.1:8080");
    // Left to itself, this client offers HTTP/2 with each request; the mock speaks HTTP/1.1.
    static final HttpClient CLIENT = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** Asks the control API; throws when it refuses. */
    static String call(String method, String path, String body) throws Exception {
        var publisher = body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body);
        var request = HttpRequest.newBuilder(URI.create(MOCK + "/_mock/sandboxes" + path)).method(method, publisher);
        var response = CLIENT.send(request.build(), BodyHandlers.ofString());
        if (response.statusCode() >= 300) {
            throw new IllegalStateException(method + " " + path + ": " + response.statusCode() + " " + response.body());
        }
        return response.body();
    }

    /** Asks as the code under test would. */
    static HttpResponse<String> track(String token) throws Exception {
        var request = HttpRequest.newBuilder(URI.create(MOCK + "/tracking/ORDER-1"));
        request.header("Authorization", "Bearer " + token);
        return CLIENT.send(request.build(), BodyHandlers.ofString());
    }

    /** Takes the first match out of a body. The JDK reads no JSON; a test of yours has a library that does. */
    static String first(String pattern, String body) {
        return Pattern.compile(pattern).matcher(body).results().findFirst().orElseThrow().group(1);
    }

    public static void main(String[] args) throws Exception {
        var sandbox = call("POST", "", """
            {"clock": {"now": "2026-04-01T00:00:00Z", "frozen": true}}""");
        var path = "/" + first("\"id\":\"([^\"]*)\"", sandbox);
        var token = first("\"own\":\\{\"token\":\"([^\"]*)\"", sandbox);
        try {
            call("POST", path + "/labels", """
                {"scenario": "delivered", "order_number": "ORDER-1"}""");
            System.out.println(first("\"tag\":\"([^\"]*)\"", track(token).body()));
            call("POST", path + "/clock/advance", """
                {"seconds": 604800}""");
            System.out.println(first("\"tag\":\"([^\"]*)\"", track(token).body()));
            call("POST", path + "/faults", """
                {"kind": "status", "status": 502}""");
            System.out.println(track(token).statusCode());

            var statuses = Pattern.compile("\"status\":(\\d+)").matcher(call("GET", path + "/journal", "")).results();
            System.out.println(statuses.map(match -> match.group(1)).collect(Collectors.joining(" ", "journal: ", "")));
        } finally {
            call("DELETE", path, "");
        }
    }
}
