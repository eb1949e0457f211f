-- wrk: each request is another order of a random customer; the prefix makes runs distinct.
local thread_number = 0
function setup(thread)
  thread:set("thread_number", thread_number)
  thread_number = thread_number + 1
end
function init(args)
  prefix, token, customers = args[1], args[2], tonumber(args[3])
  count = 0
  math.randomseed(thread_number + 7)
end
function request()
  count = count + 1
  local body = string.format(
    '{"order_ref":"%s-%d-%d","version":1,"customer":"C%05d","amount":"%d.00","currency":"CNY","terms_days":30}',
    prefix, thread_number, count, math.random(0, customers - 1), math.random(1, 900))
  return wrk.format("POST", "/api/v1/order-checks",
    { ["Content-Type"] = "application/json", ["Authorization"] = "Bearer " .. token }, body)
end
function response(status, headers, body)
  if status ~= 200 then io.stderr:write(status .. " " .. body .. "\n") end
end
