// Asks one URL COUNT times with the JDK's client: java Client.java URL COUNT

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;

class Client {
    public static void main(String[] args) {
        var client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        try {
            for (int time = 0; time < Integer.parseInt(args[1]); time++) {
                var response = client.send(HttpRequest.newBuilder(URI.create(args[0])).build(), BodyHandlers.ofString());
                System.out.println(response.statusCode() + " " + response.body().length() + " bytes");
            }
        } catch (Exception error) {
            System.out.println("raises " + error.getClass().getSimpleName());
        }
    }
}
