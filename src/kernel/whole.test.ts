import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { bindTable, compileExpression, isWholeExpression } from "./evaluate.js";
import { columnsOf } from "./expression.js";
import type { Expression } from "./expression-types.js";
import { expressionTrees, treeRows, treeSchema } from "./expression-trees.testing.js";
import { tableOf } from "./table.js";
import { hourOfDay, month, startOf, unitsBetween } from "./time-parts.js";

const f = columnsOf(treeSchema);
const isWhole = ({ node }: Expression) => isWholeExpression(node, treeSchema);

describe("an expression that is certain to be whole", () => {
  test("has whole numbers on every row", () => {
    const property = fc.property(
      expressionTrees("all").filter((node) => isWholeExpression(node, treeSchema)),
      fc.array(treeRows, { minLength: 1, maxLength: 8 }),
      (node, rows) => {
        const read = compileExpression(node, bindTable(tableOf(treeSchema, rows)));
        const numbers = rows.map((_, row) => read(row)).filter((value) => typeof value === "number");
        expect(numbers.filter((value) => !Number.isInteger(value))).toEqual([]);
      },
    );
    fc.assert(property, { numRuns: 1_000 });
  });

  test("is made of whole operands, or rounded, counted, compared, hashed", () => {
    const whole: Expression[] = [
      ...[f.n, f.yes, f.at, f.n.plus(1).minus(f.n).times(2).modulo(3), f.n.abs().atLeast(0).clamp(1, 2)],
      ...[f.x.floor(), f.x.ceil(), f.x.truncate(), f.x.round(), f.n.round(2), f.x.sign(), f.n.negate()],
      ...[f.n.orElse(0), f.n.nullIf(0.5), f.yes.then(f.n, 0), f.x.gt(0), f.x.isNull(), f.word.contains("a")],
      ...[f.x.bucket([0.5]), f.x.widthBucket(0.1), f.x.hash(5), f.word.length(), f.word.oneOf("a")],
      ...[month(f.at), hourOfDay(f.at, { zone: "Asia/Kathmandu" }), startOf(f.at, { unit: "day" })],
      ...[unitsBetween(f.at, f.at, { unit: "quarter" }), f.at.since(f.at), f.at.plus(f.x.floor())],
    ];
    expect(whole.map(isWhole)).toEqual(whole.map(() => true));
  });

  test("is nothing with a fraction in it", () => {
    const others: Expression[] = [
      ...[
        f.x,
        f.n.plus(0.5),
        f.n.times(f.x),
        f.n.dividedBy(2),
        f.n.power(2),
        f.n.sqrt(),
        f.n.exp(),
        f.n.ln(),
      ],
      ...[f.n.log10(), f.x.round(2), f.x.abs(), f.x.nullIf(0), f.n.orElse(f.x), f.yes.then(1, 0.5)],
      ...[f.word.toNumber(), f.at.since(f.at, "h"), f.at.plus(f.x), f.n.atLeast(0.5), f.n.modulo(0.3)],
    ];
    expect(others.map(isWhole)).toEqual(others.map(() => false));
  });
});
