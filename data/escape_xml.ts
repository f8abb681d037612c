/**
 * Makes a text safe to stand in XML, between tags or in an attribute.
 * Characters that XML does not know are left out.
 *
 * @param text Any text.
 *
 * @example
 * ```ts
 * import { escapeXml } from "./escape_xml.ts";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(escapeXml("a < b & c"), "a &lt; b &amp; c");
 * ```
 */
export function escapeXml(text: string): string {
  return text.replace(/\p{Cc}/gu, "")
    .replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}
