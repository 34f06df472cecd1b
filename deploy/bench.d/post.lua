-- Adds messages to the conversations of the file $BENCH_IDS, a random one each time.
local requests = {}

function init(arguments)
    math.randomseed(tonumber(os.getenv("BENCH_SEED") or "1"))
    wrk.method = "POST"
    wrk.headers["Content-Type"] = "application/json"
    wrk.body = os.getenv("BENCH_BODY")
    for id in io.lines(os.getenv("BENCH_IDS")) do
        requests[#requests + 1] = wrk.format(nil, "/v1/conversations/" .. id .. "/messages")
    end
end

function request()
    return requests[math.random(#requests)]
end
