/**
 * Moves labels apart until neighbours keep `gap`, as little as possible for each cluster, and within
 * [low, high] where they fit. Returns positions in the order given. Clusters are merged as in pool
 * adjacent violators, so the result minimises the squared displacement before clamping.
 */
export function spread(wanted: readonly number[], gap: number, bounds: readonly [number, number]): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a] - wanted[b]);
  const clusters: { sum: number; size: number }[] = [];
  order.forEach((index, rank) => {
    clusters.push({ sum: wanted[index] - rank * gap, size: 1 });
    for (let last = clusters.length - 1; last > 0; last--) {
      const [before, after] = [clusters[last - 1], clusters[last]];
      if (before.sum / before.size <= after.sum / after.size) break;
      clusters.splice(last - 1, 2, { sum: before.sum + after.sum, size: before.size + after.size });
    }
  });
  const placed = new Array<number>(wanted.length);
  let rank = 0;
  for (const cluster of clusters) {
    for (let i = 0; i < cluster.size; i++, rank++) {
      const highest = bounds[1] - (wanted.length - 1) * gap;
      const base = Math.max(bounds[0], Math.min(highest, cluster.sum / cluster.size));
      placed[order[rank]] = base + rank * gap;
    }
  }
  return placed;
}
