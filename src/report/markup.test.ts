import fc from "fast-check";
import { expect, test } from "vitest";

import { escapeText, markup, textOf } from "./markup.js";

test("text is escaped in elements and attributes, markup is not", () => {
  const inner = markup`<b>${"<&>"}</b>`;
  expect(textOf(markup`<a title="${`"'`}">${inner}${["x", 1.006]}</a>`)).toBe(
    '<a title="&quot;&#39;"><b>&lt;&amp;&gt;</b>x1.01</a>',
  );
});

test("controls and bidirectional overrides cannot hide or reorder text", () => {
  expect(escapeText("a\u202eb\u0000c\u2066")).toBe("a\ufffdb\ufffdc\ufffd");
});

test("no text can open a tag, end an attribute or start an entity of its own", () => {
  fc.assert(
    fc.property(fc.string({ unit: "grapheme" }), (text) => {
      const escaped = escapeText(text);
      expect(escaped).not.toMatch(/[<>"']/);
      expect(escaped.replace(/&(amp|lt|gt|quot|#39);/g, "")).not.toContain("&");
    }),
  );
});

test("an undefined part is nothing, a number that is not finite a dash", () => {
  expect(textOf(markup`${undefined}${NaN}`)).toBe("—");
});
