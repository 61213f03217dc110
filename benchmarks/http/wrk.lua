-- usage: wrk ... -s wrk.lua URL -- TOKEN...
-- Sends the tokens by turns, in the Authorization header. The last line it prints is JSON.
local requests, position = {}, 0

function init(tokens)
   for i, token in ipairs(tokens) do
      wrk.headers["Authorization"] = "Bearer " .. token
      requests[i] = wrk.format("GET")
   end
   if #requests > 1 then
      function request() -- without one, wrk sends the same bytes each time
         position = position % #requests + 1
         return requests[position]
      end
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   print(string.format(
      '{"requests": %d, "seconds": %.6f, "refused": %d, "failed": %d}',
      summary.requests, summary.duration / 1e6, errors.status,
      errors.connect + errors.read + errors.write + errors.timeout))
end
