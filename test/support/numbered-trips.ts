import { edited, tripsConfig, type Trip } from "./trips.js";

/** A trip that its number names. */
export interface NumberedTrip extends Trip {
  readonly trip: string;
}

export const numbered = (trips: readonly Trip[]): NumberedTrip[] =>
  trips.map((trip, i) => ({ trip: `trip-${i}`, ...trip }));

/** The trips project with an id of every trip, and an expectation of each severity. */
export const numberedConfig = edited(
  edited(tripsConfig, "  schema: {\n    at:", '  id: "trip",\n  schema: {\n    trip: t.string(),\n    at:'),
  'expectRow("delay is plausible", f.delay.le(600), "quarantine"),',
  `expectRow("delay is plausible", f.delay.le(600), "quarantine"),
    expectRow("rain is usual", f.rain.le(8), "warn"),
    expectRow("delay is possible", f.delay.ge(-1000), "block"),`,
);

export function numberedCsv(trips: readonly NumberedTrip[]): string {
  const lines = trips.map((t) =>
    [t.trip, t.at, t.city, t.vehicle, t.distance, t.rain ?? "", t.delay].join(","),
  );
  return ["trip,at,city,vehicle,distance,rain,delay", ...lines, ""].join("\n");
}
