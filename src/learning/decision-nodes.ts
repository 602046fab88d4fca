/**
 * The decisions of a binary tree as parallel arrays, one entry per node; node 0 is the root and children come
 * after their parent. A row goes left if `value ≤ threshold`, or, at a node with a set, if the set has the value; if
 * the value is missing, where `missingLeft` is 1.
 */
export interface DecisionNodes {
  /** Column that an inner node looks at; −1 for a leaf. */
  readonly feature: readonly number[];
  /** float32. 0 for a leaf and for a node with a set. */
  readonly threshold: readonly number[];
  readonly missingLeft: readonly number[];
  readonly left: readonly number[];
  readonly right: readonly number[];
  /** By node the category numbers that go left, ascending; absent where no node looks at categories. */
  readonly sets?: Readonly<Record<number, readonly number[]>>;
}

/** The child to which a row with this value goes. */
export function childOf(nodes: DecisionNodes, node: number, value: number): number {
  return goesLeft(nodes, node, value) ? nodes.left[node] : nodes.right[node];
}

function goesLeft({ missingLeft, sets, threshold }: DecisionNodes, node: number, value: number): boolean {
  if (Number.isNaN(value)) return missingLeft[node] === 1;
  const set = sets?.[node];
  return set === undefined ? value <= threshold[node] : set.includes(value);
}

/** The leaf in which a row of the columns ends. */
export function leafOf(nodes: DecisionNodes, columns: readonly Float32Array[], row: number): number {
  let node = 0;
  while (nodes.feature[node] >= 0) node = childOf(nodes, node, columns[nodes.feature[node]][row]);
  return node;
}
