// The poller beside this file, with OkHttp, which retries by itself what it may.
import java.io.IOException;
import java.net.URI;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;

class OkHttpPoller {
    static final OkHttpClient CLIENT = new OkHttpClient.Builder().callTimeout(30, TimeUnit.SECONDS).build();

    static Poller.Answer ask(URI uri) throws IOException {
        var request = new Request.Builder().url(uri.toString()).header("Authorization", Poller.CREDENTIALS).build();
        try (var answer = CLIENT.newCall(request).execute()) {
            return new Poller.Answer(answer.code(), answer.body().string());
        }
    }

    public static void main(String[] arguments) throws InterruptedException {
        Poller.follow(OkHttpPoller::ask);
    }
}
