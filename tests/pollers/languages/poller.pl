# A poller with HTTP::Tiny; HABIT breaks it: often, endless or flat.
use strict;
use warnings;
use HTTP::Tiny;
use JSON::PP;

$| = 1;
my $habit = $ENV{HABIT} // '';
my $order = $ENV{FLEXFORWARD_ORDER_NUMBER};
$order =~ s/([^A-Za-z0-9._~-])/sprintf '%%%02X', ord $1/ge;
my $http = HTTP::Tiny->new(timeout => 30, default_headers => { Authorization => "Bearer $ENV{FLEXFORWARD_TOKEN}" });
my %waits = (Pending => 14400, InfoReceived => 14400, InTransit => 1800, Exception => 900);
my %told = map { $_ => 1 } qw(InfoReceived InTransit Exception Delivered);
my ($last, $failures) = ('', 0);
while (1) {
    my $answer = $http->get("$ENV{FLEXFORWARD_BASE_URL}/tracking/$order");
    exit 0 if $answer->{status} =~ /^(?:401|403|404|422)$/;
    my $tag = eval { $answer->{status} == 200 ? decode_json($answer->{content})->{tag} : undef };
    if (!defined $tag) {
        $failures++;
        my $pause = 30 * 2**($failures > 10 ? 10 : $failures);
        sleep($habit eq 'flat' ? 45 : $pause > 1800 ? 1800 : $pause);
        next;
    }
    $failures = 0;
    print "notify: ", $last = $tag, "\n" if $told{$tag} && $tag ne $last;
    exit 0 if $tag =~ /^(?:Delivered|Cancelled)$/ && $habit ne 'endless';
    sleep($habit eq 'often' ? 300 : $waits{$tag} // 3600);
}
