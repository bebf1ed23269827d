-- What wrk sends (POST with 1 KB, else GET), and its findings as one line of JSON: microseconds and counts.
function init(arguments)
	wrk.headers["User-Agent"] = "bench"
	wrk.headers["Accept"] = "*/*"
	if arguments[1] == "POST" then
		wrk.method = "POST"
		wrk.headers["Content-Type"] = "application/octet-stream"
		wrk.body = string.rep("y", 1024)
	end
end

function done(summary, latency)
	local errors = summary.errors
	io.write(string.format('\n{"requests": %d, "duration": %d, "errors": %d, "p50": %d, "p99": %d}\n',
		summary.requests, summary.duration, errors.connect + errors.read + errors.write + errors.status + errors.timeout,
		latency:percentile(50), latency:percentile(99)))
end
