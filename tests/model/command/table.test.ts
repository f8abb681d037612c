import { assertEquals, assertThrows } from "@std/assert";
import { type Column, tableLines } from "../../../model/command/table.ts";

const COLUMNS: readonly Column[] = [
  { title: "kernel", align: "left" },
  { title: "ms", align: "right" },
];

Deno.test("columns are as wide as their widest cell", () => {
  assertEquals(
    tableLines(COLUMNS, [["matmul nn", "1.5"], ["add", "120.25"]]),
    [
      "kernel         ms",
      "matmul nn     1.5",
      "add        120.25",
    ],
  );
});

Deno.test("a row with another number of cells is refused", () => {
  assertThrows(() => tableLines(COLUMNS, [["add"]]), RangeError, '"add"');
});
