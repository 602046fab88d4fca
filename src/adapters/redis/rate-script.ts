import { createHash } from "node:crypto";

/**
 * `takeRows` of the room `access`, on the server: one call reads, decides and writes, by the server's clock, so that
 * any number of processes agree. Key: the bucket, "debt time" in the units of `token-bucket.ts`. Arguments: units paid
 * back in a microsecond, units asked for, units of the burst. Answers "" when they are given, or else by how many units
 * the burst would be exceeded. All numbers are whole and below 2^53, which `%.0f` writes out in full. The bucket
 * expires once it is paid: none is the same as one that owes nothing.
 */
const source = `
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local rate, cost, burst = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local stored = redis.call('GET', KEYS[1])
local debt = 0
if stored then
  local owed, at = string.match(stored, '^(%d+) (%d+)$')
  debt = math.max(0, tonumber(owed) - math.max(0, now - tonumber(at)) * rate)
end
local over = debt + cost - burst
if over <= 0 then debt = debt + cost end
if debt > 0 then
  local left = math.ceil(debt / rate / 1000) + 1
  redis.call('SET', KEYS[1], string.format('%.0f %.0f', debt, now), 'PX', string.format('%.0f', left))
elseif stored then
  redis.call('DEL', KEYS[1])
end
if over <= 0 then return '' end
return string.format('%.0f', over)
`;

export const rateScript = Object.freeze({ source, sha: createHash("sha1").update(source).digest("hex") });
