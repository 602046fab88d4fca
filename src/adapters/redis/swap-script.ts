import { createHash } from "node:crypto";

/**
 * Makes a change of one hash if its meta is still what the change rests on. Arguments: the expected meta
 * behind "=", or "" for none; the new meta; how many tiles are set; their fields and bytes by turns; the
 * fields that are dropped. Arguments go to HSET and HDEL in portions, for Lua's stack is bounded.
 */
const source = `
local stored = redis.call('HGET', KEYS[1], 'm')
if (stored and '=' .. stored or '') ~= ARGV[1] then return 0 end
local function each(command, from, to)
  for i = from, to, 1000 do
    redis.call(command, KEYS[1], unpack(ARGV, i, math.min(i + 999, to)))
  end
end
local lastSet = 3 + 2 * tonumber(ARGV[3])
each('HSET', 4, lastSet)
each('HDEL', lastSet + 1, #ARGV)
redis.call('HSET', KEYS[1], 'm', ARGV[2])
return 1
`;

export const swapScript = Object.freeze({ source, sha: createHash("sha1").update(source).digest("hex") });
