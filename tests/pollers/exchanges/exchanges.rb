require 'net/http'
url = URI(ARGV[0])
failed = 0
Integer(ARGV[1]).times do
  Net::HTTP.start(url.host, url.port, open_timeout: 1, read_timeout: 1, max_retries: 0) { |http| http.get(url.path) }
rescue StandardError => e
  failed += 1
  warn e.message
ensure
  sleep 60
end
puts failed
