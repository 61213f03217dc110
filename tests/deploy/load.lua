-- wrk's side of the load: requests with tokens of several kinds, and is each answer the right one?
-- wrk runs this once per thread, and there is one connection per thread: so an answer belongs to
-- the thread's last request. Started as: wrk ... -- PLAN, a file of lines that are separated by tabs:
-- kind, expected status, a text that the answer has, path, token (or nothing).

local threads = {}
local requests, kinds, statuses, texts = {}, {}, {}, {}
local current = 0

function setup(thread)
   table.insert(threads, thread)
   thread:set("number", #threads)
end

function init(arguments)
   right, wrong, first = {}, {}, ""
   for line in io.lines(arguments[1]) do
      local kind, status, text, path, token =
         line:match("^([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)$")
      local headers = {}
      for name, value in pairs(wrk.headers) do headers[name] = value end
      if token ~= "" then headers["Authorization"] = "Bearer " .. token end
      table.insert(requests, wrk.format("GET", path, headers))
      table.insert(kinds, kind)
      table.insert(statuses, tonumber(status))
      table.insert(texts, text)
      right[kind], wrong[kind] = 0, 0
   end
   current = (number * 7) % #requests
end

function request()
   current = current % #requests + 1
   return requests[current]
end

function response(status, headers, body)
   local kind = kinds[current]
   if status == statuses[current] and body:find(texts[current], 1, true) then
      right[kind] = right[kind] + 1
   else
      wrong[kind] = wrong[kind] + 1
      if first == "" then first = kind .. ": " .. status .. " " .. body:sub(1, 200) end
   end
end

local function total(name, kind)
   local sum = 0
   for _, thread in ipairs(threads) do sum = sum + thread:get(name)[kind] end
   return sum
end

function done(summary, latency, _)
   local failed = summary.errors
   print("RESULT requests " .. summary.requests)
   print("RESULT seconds " .. summary.duration / 1e6)
   print("RESULT p50 " .. latency:percentile(50) / 1e3)
   print("RESULT p99 " .. latency:percentile(99) / 1e3)
   print("RESULT lost " .. failed.connect + failed.read + failed.write + failed.timeout)
   for kind in pairs(threads[1]:get("right")) do
      print("RESULT right:" .. kind .. " " .. total("right", kind))
      print("RESULT wrong:" .. kind .. " " .. total("wrong", kind))
   end
   for _, thread in ipairs(threads) do
      if thread:get("first") ~= "" then print("FIRST " .. thread:get("first")) end
   end
end
