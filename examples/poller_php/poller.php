<?php
// A poller that keeps every rule of the vendor's guide, with curl.
$url = getenv('FLEXFORWARD_BASE_URL') . '/tracking/' . rawurlencode(getenv('FLEXFORWARD_ORDER_NUMBER'));
$credentials = 'Authorization: Bearer ' . getenv('FLEXFORWARD_TOKEN');
$waits = ['Pending' => 14400, 'InfoReceived' => 14400, 'InTransit' => 1800, 'Exception' => 900];
$told = ['InfoReceived', 'InTransit', 'Exception', 'Delivered'];

function ask(string $url, string $credentials): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30, CURLOPT_HTTPHEADER => [$credentials]]);
    $body = curl_exec($curl);
    $whole = $body !== false && curl_errno($curl) === 0;
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $whole ? $body : ''];
}

for ($last = '', $failures = 0;;) {
    [$status, $body] = ask($url, $credentials);
    if (in_array($status, [401, 403, 404, 422])) {
        exit(0);
    }
    $tag = $status === 200 ? (json_decode($body, true)['tag'] ?? null) : null;
    if ($tag === null) {
        $failures++;
        sleep(min(30 * 2 ** min($failures, 10), 1800));
        continue;
    }
    $failures = 0;
    if (in_array($tag, $told) && $tag !== $last) {
        echo "notify: $tag\n";
        $last = $tag;
    }
    if (in_array($tag, ['Delivered', 'Cancelled'])) {
        exit(0);
    }
    sleep($waits[$tag] ?? 3600);
}
