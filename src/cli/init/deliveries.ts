import { seededRng, type Rng } from "../../kernel/index.js";

const kitchens = [
  ...["Anatolia", "Bombay", "Cantina", "Dumpling", "Etna", "Falafel"],
  ...["Hanoi", "Izakaya", "Kimchi", "Mezze", "Osteria", "Pizzeria"],
];
const riders = [
  ...["Ada", "Bela", "Carmen", "Dario", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Keiko", "Luis"],
  ...["Mina", "Nils", "Olga", "Pavel", "Quinn", "Rosa", "Samir", "Tove", "Uma", "Vera", "Wim", "Yara"],
];
const firstDayMs = Date.UTC(2025, 0, 1);
const dayCount = 120;
const hourMs = 3_600_000;

/** Expected orders of each hour of a weekday, from 11:00 UTC: lunch and dinner. */
const ordersByHour = [12, 26, 22, 11, 8, 9, 15, 28, 32, 24, 12];
const firstHour = 11;

/** What no column shows: how long a kitchen's queue is, and how slowly a courier gets on. */
interface City {
  readonly kitchens: readonly { readonly name: string; readonly cookMinutes: number; queueMinutes: number }[];
  readonly riders: readonly { readonly name: string; readonly minutesPerKm: number; slowness: number }[];
}

export interface GeneratedOrders {
  /** CSV with the columns ordered_at, restaurant, courier, km and minutes, in order of time. */
  readonly csv: string;
  readonly rowCount: number;
}

/**
 * Deliveries of a town's restaurants from January to April 2025, one row each.
 *
 * Two things that change with time decide who is late: a kitchen falls behind for some hours, a courier has
 * a bad week. No column tells either, but the latest deliveries of the same kitchen and courier do: that is
 * what windowed features are for. The rest is plain: distance, rush hours, cooking time and noise.
 *
 * The same bytes everywhere: randomness comes from a seed, and numbers are made by + − × ÷ alone, which
 * every platform rounds alike.
 */
export function generateDeliveries(): GeneratedOrders {
  const rng = seededRng(2025);
  const city = foundCity(rng);
  const lines = ["ordered_at,restaurant,courier,km,minutes"];
  for (let day = 0; day < dayCount; day++) {
    passNight(city, rng);
    for (const [index, expected] of ordersByHour.entries()) {
      passHour(city, rng);
      const startMs = firstDayMs + (day * 24 + firstHour + index) * hourMs;
      const rush = expected / 32;
      for (const atMs of orderTimes(rng, { startMs, expected: expected * (isWeekend(day) ? 1.25 : 1) })) {
        lines.push(deliver(city, rng, { atMs, rush }));
      }
    }
  }
  return { csv: `${lines.join("\n")}\n`, rowCount: lines.length - 1 };
}

function foundCity(rng: Rng): City {
  return {
    kitchens: kitchens.map((name) => ({ name, cookMinutes: 7 + 8 * rng.next(), queueMinutes: 0 })),
    riders: riders.map((name) => ({ name, minutesPerKm: 2.8 + 0.9 * rng.next(), slowness: 1 })),
  };
}

/** A courier's bad days begin once in three weeks or so and last five days on average. */
function passNight(city: City, rng: Rng): void {
  for (const kitchen of city.kitchens) kitchen.queueMinutes = 0;
  for (const rider of city.riders) {
    const chance = rng.next();
    const amount = 1.8 + 0.8 * rng.next();
    if (rider.slowness === 1 && chance < 0.05) rider.slowness = amount;
    else if (rider.slowness > 1 && chance < 0.2) rider.slowness = 1;
  }
}

/** A kitchen falls behind about every other day, for five hours on average. */
function passHour(city: City, rng: Rng): void {
  for (const kitchen of city.kitchens) {
    const chance = rng.next();
    const amount = 12 + 18 * rng.next();
    if (kitchen.queueMinutes === 0 && chance < 0.05) kitchen.queueMinutes = amount;
    else if (kitchen.queueMinutes > 0 && chance < 0.2) kitchen.queueMinutes = 0;
  }
}

function orderTimes(rng: Rng, { startMs, expected }: { startMs: number; expected: number }): number[] {
  const count = Math.round(expected * (0.75 + 0.5 * rng.next()));
  const seconds = Array.from({ length: count }, () => rng.below(3600));
  return seconds.sort((a, b) => a - b).map((second) => startMs + second * 1000);
}

function deliver(city: City, rng: Rng, { atMs, rush }: { atMs: number; rush: number }): string {
  const kitchen = city.kitchens[rng.below(kitchens.length)];
  const rider = city.riders[rng.below(riders.length)];
  const km = 0.5 + 4 * rng.next() + 3 * rng.next() * rng.next();
  const minutes =
    kitchen.cookMinutes +
    kitchen.queueMinutes +
    km * rider.minutesPerKm * rider.slowness +
    14 * rush * rush +
    3 * bell(rng);
  const at = new Date(atMs).toISOString().replace(".000", "");
  return [at, kitchen.name, rider.name, km.toFixed(1), Math.max(8, minutes).toFixed(0)].join(",");
}

/** About normal with mean 0 and variance 1: the sum of twelve uniform numbers, less six. */
function bell(rng: Rng): number {
  let total = -6;
  for (let i = 0; i < 12; i++) total += rng.next();
  return total;
}

/** 1 January 2025 was a Wednesday. */
const isWeekend = (day: number) => day % 7 === 3 || day % 7 === 4;
