<?php
// A poller with curl, or with streams where HTTP=streams; HABIT breaks it: often, endless or flat.
$habit = getenv('HABIT');
$url = getenv('FLEXFORWARD_BASE_URL') . '/tracking/' . rawurlencode(getenv('FLEXFORWARD_ORDER_NUMBER'));
$credentials = 'Authorization: Bearer ' . getenv('FLEXFORWARD_TOKEN');
$waits = ['Pending' => 14400, 'InfoReceived' => 14400, 'InTransit' => 1800, 'Exception' => 900];
$told = ['InfoReceived', 'InTransit', 'Exception', 'Delivered'];

function by_curl(string $url, string $credentials): array
{
    $curl = curl_init($url);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 30, CURLOPT_HTTPHEADER => [$credentials]]);
    $body = curl_exec($curl);
    $whole = $body !== false && curl_errno($curl) === 0;
    return [curl_getinfo($curl, CURLINFO_RESPONSE_CODE), $whole ? $body : ''];
}

function by_streams(string $url, string $credentials): array
{
    $options = ['http' => ['header' => $credentials, 'timeout' => 30, 'ignore_errors' => true, 'protocol_version' => 1.1]];
    $options['http']['header'] .= "\r\nConnection: close";
    $body = @file_get_contents($url, false, stream_context_create($options));
    preg_match('/ (\d{3})/', $http_response_header[0] ?? '', $found);
    return [(int) ($found[1] ?? 0), $body === false ? '' : $body];
}

$ask = getenv('HTTP') === 'streams' ? 'by_streams' : 'by_curl';
for ($last = '', $failures = 0;;) {
    [$status, $body] = $ask($url, $credentials);
    if (in_array($status, [401, 403, 404, 422])) {
        exit(0);
    }
    $tag = $status === 200 ? (json_decode($body, true)['tag'] ?? null) : null;
    if ($tag === null) {
        $failures++;
        sleep($habit === 'flat' ? 45 : min(30 * 2 ** min($failures, 10), 1800));
        continue;
    }
    $failures = 0;
    if (in_array($tag, $told) && $tag !== $last) {
        echo "notify: $tag\n";
        $last = $tag;
    }
    if (in_array($tag, ['Delivered', 'Cancelled']) && $habit !== 'endless') {
        exit(0);
    }
    sleep($habit === 'often' ? 300 : ($waits[$tag] ?? 3600));
}
