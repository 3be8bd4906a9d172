-- SPDX-License-Identifier: Apache-2.0
-- For wrk: every request is one tools/call of 2026-07-28. `bad` counts connections that failed and statuses other than 2xx; what
-- the answers hold is not looked at here (that would cost wrk a core): the program that starts this asks before and after.
-- usage: wrk -t2 -c16 -d5s --latency -s call.lua URL -- TOOL TEXT [FILE]     FILE holds bearer tokens, a line each, used in turn
-- The last lines are for a program: `figures {JSON}` with times in microseconds.
local tool, text = "echo", "hello, world"
local serial, threads = 0, 0
local tokens = {}

-- Each thread begins elsewhere in the file.
function setup(thread)
  thread:set("offset", threads * 20000)
  threads = threads + 1
end

function init(words)
  tool, text = words[1] or tool, words[2] or text
  if words[3] then
    for line in io.lines(words[3]) do tokens[#tokens + 1] = "Bearer " .. line end
  end
  headers = {
    ["Content-Type"] = "application/json",
    ["Accept"] = "application/json, text/event-stream",
    ["MCP-Protocol-Version"] = "2026-07-28",
    ["Mcp-Method"] = "tools/call",
    ["Mcp-Name"] = tool,
  }
  tail = ',"method":"tools/call","params":{"name":"' .. tool .. '","arguments":{"text":"' .. text .. '"},"_meta":{'
    .. '"io.modelcontextprotocol/protocolVersion":"2026-07-28",'
    .. '"io.modelcontextprotocol/clientInfo":{"name":"wrk","version":"1"},'
    .. '"io.modelcontextprotocol/clientCapabilities":{}}}}'
end

function request()
  serial = serial + 1
  if #tokens > 0 then headers["Authorization"] = tokens[(offset + serial) % #tokens + 1] end
  return wrk.format("POST", nil, headers, '{"jsonrpc":"2.0","id":' .. serial .. tail)
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format('figures {"calls_per_s":%.1f,"p50_us":%d,"p99_us":%d,"calls":%d,"bad":%d}\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50), latency:percentile(99), summary.requests,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
