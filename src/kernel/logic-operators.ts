import type { LogicOperation } from "./expression-node.js";
import { hashText } from "./murmur3.js";
import {
  always,
  ofFirst,
  ofNumber,
  ofNumbers,
  ofOperands,
  withConstants,
  type Constant,
  type Operator,
} from "./operator.js";

const equality = (whenEqual: 0 | 1): Operator => ({
  whole: always,
  compile:
    ({ read: [a, b] }) =>
    (row) => {
      const left = a(row);
      const right = b(row);
      return left === null || right === null ? null : left === right ? whenEqual : 1 - whenEqual;
    },
});

/** SQL's three-valued logic: a decisive operand wins over null. */
const logic = (decisive: 0 | 1): Operator => ({
  whole: always,
  compile:
    ({ read: [a, b] }) =>
    (row) => {
      const left = a(row);
      if (left === decisive) return decisive;
      const right = b(row);
      if (right === decisive) return decisive;
      return left === null || right === null ? null : 1 - decisive;
    },
});

export const logicOperators: Readonly<Record<LogicOperation, Operator>> = {
  eq: equality(1),
  ne: equality(0),
  lt: ofNumbers(always, (a, b) => Number(a < b)),
  le: ofNumbers(always, (a, b) => Number(a <= b)),
  gt: ofNumbers(always, (a, b) => Number(a > b)),
  ge: ofNumbers(always, (a, b) => Number(a >= b)),
  oneOf: withConstants<number | string>(always, (values) => {
    const set = new Set<Constant>(values);
    return (value) => Number(set.has(value));
  }),
  and: logic(0),
  or: logic(1),
  not: ofNumber(always, (value) => 1 - value),
  isNull: {
    whole: always,
    compile:
      ({ read: [a] }) =>
      (row) =>
        Number(a(row) === null),
  },
  orElse: {
    whole: ofOperands,
    compile:
      ({ read: [a, b] }) =>
      (row) =>
        a(row) ?? b(row),
  },
  nullIf: {
    whole: ofFirst,
    compile:
      ({ read: [a, b] }) =>
      (row) => {
        const value = a(row);
        return value === b(row) ? null : value;
      },
  },
  when: {
    whole: ([, yes, no]) => yes && no,
    compile:
      ({ read: [condition, yes, no] }) =>
      (row) => {
        const truth = condition(row);
        return truth === null ? null : truth === 1 ? yes(row) : no(row);
      },
  },
  hash: withConstants<number | string>(always, ([buckets]) => {
    const count = buckets as number;
    return (value) => hashText(String(value)) % count;
  }),
};
