-- Adds $BENCH_BODY to the conversations that the file $BENCH_IDS names, a random one each time.
local requests = {}

function init()
    math.randomseed(tonumber(os.getenv("BENCH_SEED")))
    wrk.method = "POST"
    wrk.body = os.getenv("BENCH_BODY")
    wrk.headers["Content-Type"] = "application/json"
    for id in io.lines(os.getenv("BENCH_IDS")) do
        requests[#requests + 1] = wrk.format(nil, "/v1/conversations/" .. id .. "/messages")
    end
end

function request()
    return requests[math.random(#requests)]
end
