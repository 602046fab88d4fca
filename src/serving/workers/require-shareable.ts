import { servingErrors } from "../errors.js";

/** What of a project tells whether several processes can serve it. */
interface Shareable {
  readonly models: readonly {
    readonly name: string;
    readonly features: { readonly groups: readonly unknown[] };
  }[];
  readonly openTiles?: unknown;
}

/** Throws MW0827 for a project whose windowed features would be in each worker's own memory, each with its own events. */
export function requireShareable({ models, openTiles }: Shareable): void {
  if (openTiles !== undefined) return;
  const windowed = models.find(({ features }) => features.groups.length > 0);
  if (windowed === undefined) return;
  throw servingErrors.error("MW0827", {
    expected: "a store of windowed features that workers share",
    found: `model "${windowed.name}" with its windows in memory`,
    remedy: 'Configure storage.online as redis({ url: "redis://localhost:6379" }), or leave --workers out.',
    details: { model: windowed.name },
  });
}
