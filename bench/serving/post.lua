-- wrk -s post.lua URL -- FOLDER COUNT: posts the bodies in FOLDER in turn, and says in one line what came of it.
function init(args)
  local folder, count = args[1], tonumber(args[2])
  local headers = {}
  for line in io.lines(folder .. "/headers") do
    local name, value = line:match("^([^:]+): (.*)$")
    headers[name] = value
  end
  bodies, turn = {}, 0
  for number = 0, count - 1 do
    local file = assert(io.open(folder .. "/" .. number, "rb"))
    bodies[number] = wrk.format("POST", nil, headers, file:read("*a"))
    file:close()
  end
  total = count
end

function request()
  turn = (turn + 1) % total
  return bodies[turn]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\n{"requests":%d,"seconds":%f,"badStatus":%d,"socketErrors":%d,"timeouts":%d,"p50":%f,"p99":%f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write, errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
