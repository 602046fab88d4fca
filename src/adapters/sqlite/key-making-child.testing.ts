import { issueApiKey, revokeApiKey } from "../../access/index.js";
import { seededRng, systemClock } from "../../kernel/index.js";
import { openSqlite } from "./index.js";

// A process of its own: `<database> <seed> <count>` creates as many keys, revokes every other one and prints the ids.
const [path, seed, count] = process.argv.slice(2);
const { apiKeys: store, close } = openSqlite(path, { clock: systemClock });
const rng = seededRng(Number(seed));
const randomBytes = (length: number) => Uint8Array.from({ length }, () => rng.below(256));
const made: { readonly kept: string[]; readonly revoked: string[] } = { kept: [], revoked: [] };
for (let i = 0; i < Number(count); i++) {
  const request = { name: `key ${i}`, scopes: ["read"], expiresAtMs: null };
  const { record } = await issueApiKey(request, { store, clock: systemClock, randomBytes });
  if (i % 2 === 0) made.kept.push(record.id);
  else made.revoked.push((await revokeApiKey(record.id, { store, clock: systemClock })).id);
}
process.stdout.write(JSON.stringify(made));
close();
