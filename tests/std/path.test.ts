import { assertEquals, assertThrows } from "@std/assert";
import {
  basename,
  dirname,
  extname,
  fromFileUrl,
  isAbsolute,
  join,
  normalize,
  relative,
  resolve,
  toFileUrl,
} from "@std/path";

const windows = Deno.build.os === "windows";

Deno.test("paths are taken apart and put together", {
  ignore: windows,
}, () => {
  assertEquals(join("a", "..", "b", "c.txt"), "b/c.txt");
  assertEquals(join(""), ".");
  assertEquals(dirname("/a/b.txt"), "/a");
  assertEquals(basename("/a/b.txt", ".txt"), "b");
  assertEquals(extname("b.tar.gz"), ".gz");
  assertEquals(normalize("/a//b/./c/.."), "/a/b");
  assertEquals(relative("/a/b", "/a/c/d"), "../c/d");
  assertEquals(isAbsolute("a"), false);
  assertEquals(resolve("/a", "b"), "/a/b");
});

Deno.test("file URLs and paths convert both ways", { ignore: windows }, () => {
  const path = "/tmp/a b%.txt";
  assertEquals(fromFileUrl(toFileUrl(path)), path);
  assertThrows(() => toFileUrl("relative"), TypeError);
});
