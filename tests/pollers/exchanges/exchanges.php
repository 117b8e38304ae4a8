<?php
$failed = 0;
for ($i = 0; $i < (int) $argv[2]; $i++) {
    $curl = curl_init($argv[1]);
    curl_setopt_array($curl, [CURLOPT_RETURNTRANSFER => true, CURLOPT_TIMEOUT => 1]);
    if (curl_exec($curl) === false) {
        $failed++;
        fwrite(STDERR, curl_error($curl) . "\n");
    }
    sleep(60);
}
echo $failed, "\n";
