import { describe, expect, it } from "vitest";
import { cardText, renderCard, type CardFacts } from "./card.js";

const facts: CardFacts = {
  model: "arrival-delay",
  predicts: "Whether a flight arrives more than 15 minutes late, at departure.",
  data: ["flights, 3,000,000 rows, ds_1"],
  split: ["train 2001-01 to 2001-04", "test 2001-05 to 2001-06"],
  features: [{ name: "mean_delay_3h", origin: "window", meaning: "mean delay | 3 hours" }],
  metrics: [
    { name: "auc", value: 0.75849, low: 0.757, high: 0.76, convention: "95 % bootstrap" },
    { name: "rows", value: 997_000 },
  ],
  slices: [{ slice: "origin = JFK", rows: 1200, metric: "auc", value: 0.7 }],
  gates: ["auc ≥ 0.755"],
  limits: [],
  reproduce: ["millwright reproduce arrival-delay 3"],
};

describe("the model card", () => {
  it("tells every fact under its heading", () => {
    expect(renderCard(facts)).toBe(`# arrival-delay

Whether a flight arrives more than 15 minutes late, at departure.

## Data

- flights, 3,000,000 rows, ds_1

## Split

- train 2001-01 to 2001-04
- test 2001-05 to 2001-06

## Features

| feature | origin | meaning |
| --- | --- | --- |
| mean_delay_3h | window | mean delay \\| 3 hours |

## Metrics

| metric | value | interval | convention |
| --- | --- | --- | --- |
| auc | 0.7585 | 0.7570 to 0.7600 | 95 % bootstrap |
| rows | 997000 |  |  |

## Slices

| slice | rows | metric | value |
| --- | --- | --- | --- |
| origin = JFK | 1200 | auc | 0.7000 |

## Gates

- auc ≥ 0.755

## How to reproduce

- millwright reproduce arrival-delay 3
`);
  });

  it("tells what its owners say, how groups fare and what it was made with", () => {
    const card = renderCard({
      ...facts,
      use: ["Plan ground staff.", "Not for compensation claims."],
      owners: ["Ground operations"],
      licence: ["Apache-2.0"],
      fairness: [{ group: "origin = JFK", rows: 1200, metric: "auc", value: 0.7, difference: -0.0585 }],
      limits: ["Not for winter."],
      ethics: ["No personal data."],
      environment: ["Node 22.1.0, linux x64"],
    });
    const headings = [...card.matchAll(/^## (.*)$/gm)].map(([, title]) => title);
    expect(headings).toEqual([
      ...["Intended use", "Owners", "Licence", "Data", "Split", "Features", "Metrics", "Slices", "Fairness"],
      ...["Gates", "Limits", "Ethics", "Environment", "How to reproduce"],
    ]);
    expect(card).toContain("- Plan ground staff.\n- Not for compensation claims.\n");
    expect(card).toContain("| origin = JFK | 1200 | auc | 0.7000 | -0.0585 |");
  });

  it("has no heading without anything below it", () => {
    const parts = ["data", "split", "features", "metrics", "slices", "gates", "limits", "reproduce"] as const;
    const nothing = Object.fromEntries(parts.map((part) => [part, []]));
    const bare = { ...facts, ...nothing, use: [], owners: [] };
    expect(renderCard(bare)).toBe(`# arrival-delay\n\n${facts.predicts}\n`);
    for (const part of parts) {
      const card = renderCard({ ...facts, [part]: [] });
      expect(card).not.toMatch(/## [^\n]*\n\n(##|$)/);
    }
  });

  it("is plain text on a terminal, which obeys nothing of it", () => {
    const foreign = "17 <= hour < 19 | a &lt; b && c \u001b[2Jd";
    const card = renderCard({
      ...facts,
      limits: [foreign],
      slices: [{ ...facts.slices[0], slice: foreign }],
    });
    expect(card).not.toContain("<");
    const plain = "17 <= hour < 19 | a &lt; b && c \ufffd[2Jd";
    expect(cardText(card)).toContain(`- ${plain}\n`);
    expect(cardText(card)).toContain(`| ${plain} | 1200 | auc | 0.7000 |\n`);
  });

  it("keeps foreign texts inside their place", () => {
    const card = renderCard({ ...facts, predicts: "a\n\n# Forged\n<script>", limits: ["one\n- two"] });
    expect(card).toContain("a # Forged &lt;script>");
    expect(card).toContain("- one - two");
  });
});
