import { markup, type Markup, type Part } from "./markup.js";

/** A column of a table: its heading and how a row fills it. */
export interface TableColumn<Row> {
  readonly heading: string;
  readonly cell: (row: Row) => Part;
  /** Makes the column sortable; null sorts last. Numbers are set to the right. */
  readonly key?: (row: Row) => number | string | null | undefined;
  /** Default "text"; "number" aligns right with tabular figures. */
  readonly kind?: "text" | "number";
}

/** What the table shows and how tall it may grow before it scrolls. */
export interface TableOptions {
  readonly caption: string;
  /** Long tables scroll inside a region of fixed height. Default false. */
  readonly scrolls?: boolean;
  /** Short tables keep their columns together instead of filling the page. Default false. */
  readonly narrow?: boolean;
}

/** A table with semantic headers; the first column names the row. */
export function table<Row>(
  rows: readonly Row[],
  columns: readonly TableColumn<Row>[],
  options: TableOptions,
): Markup {
  const head = columns.map((column) => {
    const sortable = column.key === undefined ? "" : "sortable";
    return markup`<th scope="col" class="${column.kind ?? "text"} ${sortable}">${column.heading}</th>`;
  });
  const body = rows.map((row) => markup`<tr>${columns.map((column, i) => cell(row, column, i === 0))}</tr>`);
  return markup`<div class="table ${options.scrolls ? "scrolls" : ""} ${options.narrow ? "narrow" : ""}" role="region" tabindex="0" aria-label="${options.caption}">
    <table><caption>${options.caption}</caption><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}

function cell<Row>(row: Row, column: TableColumn<Row>, isHeader: boolean): Markup {
  const kind = column.kind ?? "text";
  const key = column.key?.(row);
  const sort =
    key === undefined || key === null || Number.isNaN(key) ? undefined : markup` data-key="${String(key)}"`;
  return isHeader
    ? markup`<th scope="row" class="${kind}"${sort}>${column.cell(row)}</th>`
    : markup`<td class="${kind}"${sort}>${column.cell(row)}</td>`;
}
