import { assert, assertEquals } from "@std/assert";
import listed from "./differences.json" with { type: "json" };
import { comparedPages } from "./pages.ts";
import recorded from "./verdicts.json" with { type: "json" };
import { compareVerdicts } from "./verdicts.ts";

// verdicts.json is datatrove's, made by verdicts.py.
Deno.test("filters judge real pages as datatrove's do, but for what is listed", async () => {
  const pages = comparedPages();
  if (pages === null) return;
  assertEquals(pages.length, recorded.pages);
  assertEquals(await compareVerdicts(pages, recorded), listed.differences);
});

Deno.test("every difference to datatrove is explained", () => {
  const causes = Object.keys(listed.causes);
  const unexplained = listed.differences.filter(({ cause }) =>
    !causes.includes(cause)
  );
  assertEquals(unexplained, []);
  assert(listed.differences.length > 0);
});
