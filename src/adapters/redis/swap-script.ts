import { createHash } from "node:crypto";

/**
 * Makes a change of one entity if its meta is still what the change rests on. Keys: the meta, the tiles that are
 * set, the tiles that are dropped. Arguments: the expected meta behind "=", or "" for none; the new meta; the
 * bytes of the tiles that are set.
 */
const source = `
local stored = redis.call('GET', KEYS[1])
if (stored and '=' .. stored or '') ~= ARGV[1] then return 0 end
local lastSet = #ARGV - 1
for i = 2, lastSet do redis.call('SET', KEYS[i], ARGV[i + 1]) end
for i = lastSet + 1, #KEYS do redis.call('UNLINK', KEYS[i]) end
redis.call('SET', KEYS[1], ARGV[2])
return 1
`;

export const swapScript = Object.freeze({ source, sha: createHash("sha1").update(source).digest("hex") });
