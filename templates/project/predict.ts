// What a product does: it asks for predictions and tells what happened. The types come from the
// configuration, so a misspelt model or field does not compile.
import { createClient } from "millwright/client";
import type config from "./millwright.config.js";

const url = process.argv[2] ?? "http://127.0.0.1:8080";
const client = createClient<typeof config>({ url });
const percent = (probability: number) => `${(probability * 100).toFixed(0)} %`;
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000);

const order = { restaurant: "Hanoi", courier: "Ada", km: 3.4 };
const calm = await client.predict("late-delivery", { ...order, ordered_at: new Date() });
console.log(`An order at ${order.restaurant} will be late: ${percent(calm.probability)}`);

// Events are known from the moment that availableAt tells: these three have just arrived.
const { accepted } = await client.ingest("deliveries", [
  { ordered_at: minutesAgo(64), restaurant: "Hanoi", courier: "Greta", km: 1.9, minutes: 61 },
  { ordered_at: minutesAgo(60), restaurant: "Hanoi", courier: "Hugo", km: 2.2, minutes: 58 },
  { ordered_at: minutesAgo(58), restaurant: "Hanoi", courier: "Ines", km: 1.4, minutes: 56 },
]);
console.log(`${accepted} deliveries from its kitchen took about an hour`);

const busy = await client.predict("late-delivery", { ...order, ordered_at: new Date() });
console.log(`The same order now: ${percent(busy.probability)}, by version ${busy.version} of ${busy.model}`);

// When the outcome is known, it goes back with the prediction's id: monitoring compares the two.
await client.feedback(busy.id, true);
console.log("It was late, and the server knows.");
