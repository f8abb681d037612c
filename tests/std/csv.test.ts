import { assertEquals, assertThrows } from "@std/assert";
import { CsvParseStream, CsvStringifyStream, parse, stringify } from "@std/csv";

const ROWS = [["a", "b"], ["1", 'say "hi"'], ["x,y", "two\nlines"]];
const TEXT = 'a,b\r\n1,"say ""hi"""\r\n"x,y","two\nlines"\r\n';

Deno.test("stringify quotes what needs it", () => {
  assertEquals(stringify(ROWS), TEXT);
});

Deno.test("stringify takes columns from objects and leaves missing cells empty", () => {
  const rows = [{ step: 1, loss: 2.5 }, { step: 2, loss: null }, { step: 3 }];
  assertEquals(
    stringify(rows, { columns: ["step", "loss"] }),
    "step,loss\r\n1,2.5\r\n2,\r\n3,\r\n",
  );
  assertEquals(
    stringify([{ a: { b: 1 } }], {
      columns: [{ prop: ["a", "b"], header: "B" }],
      separator: "\t",
      bom: true,
    }),
    "\ufeffB\r\n1\r\n",
  );
  assertThrows(() => stringify([{ a: 1 }]), TypeError);
});

Deno.test("parse reads what stringify writes", () => {
  assertEquals(parse(TEXT), ROWS);
  assertEquals(parse("\ufeffa\n\nb"), [["a"], ["b"]]);
});

Deno.test("parse names fields", () => {
  assertEquals(parse("a,b\n1,2\n", { skipFirstRow: true }), [
    { a: "1", b: "2" },
  ]);
  assertEquals(parse("1,2", { columns: ["x", "y"] }), [{ x: "1", y: "2" }]);
  assertThrows(() => parse("a,b\n1", { skipFirstRow: true }), Error, "line 2");
});

Deno.test("parse refuses stray quotes and uneven rows", () => {
  assertThrows(() => parse('a"b'), SyntaxError, "line 1");
  assertThrows(() => parse('a\n"b'), SyntaxError, "line 2");
  assertThrows(() => parse("a,b\nc", { fieldsPerRecord: 0 }), SyntaxError);
  assertEquals(parse('a"b', { lazyQuotes: true }), [['a"b']]);
});

Deno.test("CsvParseStream and CsvStringifyStream agree with parse and stringify", async () => {
  const chunks = ReadableStream.from([...TEXT]);
  assertEquals(
    await Array.fromAsync(chunks.pipeThrough(new CsvParseStream())),
    ROWS,
  );
  const named = ReadableStream.from(["a,b\n1,2"]).pipeThrough(
    new CsvParseStream({ skipFirstRow: true }),
  );
  assertEquals(await Array.fromAsync(named), [{ a: "1", b: "2" }]);
  const text = await Array.fromAsync(
    ReadableStream.from([{ a: 1, b: 2 }]).pipeThrough(
      new CsvStringifyStream({ columns: ["b", "a"] }),
    ),
  );
  assertEquals(text.join(""), "b,a\r\n2,1\r\n");
});
