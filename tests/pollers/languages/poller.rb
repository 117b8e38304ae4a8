# A poller with Net::HTTP, its own retries off; HABIT breaks it: often, endless or flat.
require 'erb'
require 'json'
require 'net/http'

$stdout.sync = true
HABIT = ENV['HABIT']
URL = URI("#{ENV['FLEXFORWARD_BASE_URL']}/tracking/#{ERB::Util.url_encode(ENV['FLEXFORWARD_ORDER_NUMBER'])}")
WAITS = { 'Pending' => 14_400, 'InfoReceived' => 14_400, 'InTransit' => 1800, 'Exception' => 900 }.freeze
TOLD = %w[InfoReceived InTransit Exception Delivered].freeze

def ask
  http = Net::HTTP.new(URL.host, URL.port)
  http.open_timeout = http.read_timeout = 30
  http.max_retries = 0
  answer = http.start { |open| open.get(URL.request_uri, 'Authorization' => "Bearer #{ENV['FLEXFORWARD_TOKEN']}") }
  exit if %w[401 403 404 422].include?(answer.code)
  raise "status #{answer.code}" if answer.code != '200'

  JSON.parse(answer.body).fetch('tag')
end

last = nil
failures = 0
loop do
  begin
    tag = ask
  rescue StandardError
    failures += 1
    sleep(HABIT == 'flat' ? 45 : [30 * 2**[failures, 10].min, 1800].min)
    next
  end
  failures = 0
  puts "notify: #{last = tag}" if TOLD.include?(tag) && tag != last
  break if %w[Delivered Cancelled].include?(tag) && HABIT != 'endless'

  sleep(HABIT == 'often' ? 300 : WAITS.fetch(tag, 3600))
end
