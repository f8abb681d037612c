import { assertEquals } from "@std/assert";
import { judgeWith, outcome } from "./judge.ts";

const MASKS = {
  email: "email@example.com",
  ip: "192.0.2.1",
  phone: "555-0100",
};

/** Texts, the mask in braces standing for what the step has to find. */
async function checkMasked(
  kind: keyof typeof MASKS,
  table: readonly (readonly [text: string, found: string])[],
): Promise<void> {
  const judge = await judgeWith("pii");
  for (const [text, found] of table) {
    const around = (inside: string) => text.replace("{}", inside);
    assertEquals(outcome(judge(around(found))), around(MASKS[kind]), text);
    // Masks are left alone.
    assertEquals(outcome(judge(around(MASKS[kind]))), around(MASKS[kind]));
  }
}

async function checkKept(texts: readonly string[]): Promise<void> {
  const judge = await judgeWith("pii");
  for (const text of texts) assertEquals(outcome(judge(text)), text);
}

Deno.test("e-mail addresses are masked", async () => {
  await checkMasked("email", [
    ["Write to {}.", "jane.doe@site.org"],
    ["<mailto:{}>", "a_b%c+d-e@mail.site.co.uk"],
    ["({}, please)", "x@y.museum"],
    ["Grüße an {}!", "jörg@müller.de"],
    ["{}", "a1@b-2.io"],
  ]);
  const judge = await judgeWith("pii");
  assertEquals(
    outcome(judge("a@b.cd;e@f.gh @i")),
    "email@example.com;email@example.com @i",
  );
});

Deno.test("what only has an at sign is no e-mail address", async () => {
  await checkKept([
    "meet @ 5 p.m.",
    "@handle and me@home",
    "icon@2x.png",
    "a@b.1",
    "3@$4.00",
    "user @ site.org",
    "@@@@.com",
  ]);
});

Deno.test("public IP addresses are masked", async () => {
  await checkMasked("ip", [
    ["from {} today", "8.8.8.8"],
    ["http://{}:8080/", "93.184.216.34"],
    ["[{}]", "255.1.29.100".replace("255", "199")],
    ["ping {}.", "172.32.0.1"],
    ["host {}", "2a00:1450:4001:81b::200e"],
    ["host {}", "2001:4860:4860:0:0:0:0:8888"],
  ]);
});

Deno.test("private addresses, versions, dates and times are no public IP addresses", async () => {
  await checkKept([
    "10.1.2.3 127.0.0.1 172.16.0.1 192.168.1.1 169.254.1.1 100.64.0.1",
    "192.0.2.7 198.51.100.7 203.0.113.7 224.0.0.1 255.255.255.0 0.0.0.0",
    "version 5.1.2.3 and v4.3.2.1, firmware: 7.7.7.7",
    "1.2.3 and 1.2.3.4.5 and 256.1.1.1 and 01.02.03.04 and 1.2.3.4567",
    "2021:10:30 and 10:30:15 and std::vector and 2001:db8::1 and fe80::1",
    "2001:0:0:0:0:0:0:0:0 and 3abc:de",
  ]);
});

Deno.test("phone numbers are masked", async () => {
  await checkMasked("phone", [
    ["Call {} now", "(212) 736-5000"],
    ["Call {}.", "212-736-5000"],
    ["Call {},", "212.736.5000"],
    ["Call {}", "1-800-736-5000"],
    ["from abroad {}", "+44 20 7946 0958"],
    ["from abroad {}", "+49 (30) 901820"],
    ["from abroad {}", "+12127365000"],
    ["Tel: {} or", "020 7946 0958"],
    ["Fax {}", "0228/997799-0"],
    ["phone number: {}", "7365000"],
  ]);
});

Deno.test("versions, dates, prices, ISBNs and other numbers are no phone numbers", async () => {
  await checkKept([
    "2024-01-15 and 15.01.2024 and 01/15/2024 and 1999-2004",
    "$212-736-5000 and 1,234,567.89 and 1.234.567,89 and EUR 300.400.5000,00",
    "ISBN 978-3-16-148410-0 and 0-306-40615-2 and 9783161484100",
    "version 10.3.2.1 and 5.10.102 and 1.2.3-456-7890",
    "2127365000 and 123-45-6789 and 4111 1111 1111 1111",
    "112-736-5000 and 212-136-5000 and 212-736.5000",
    "the score was 212 736 to 500 and C++11 and 1 + 12345678",
    "telephone exchange in 1984 and mobile 3310",
    "http://site.org/212-736-5000/a-212-736-5000-b",
  ]);
});

Deno.test("replacements and kinds are options", async () => {
  const judge = await judgeWith({
    pii: { email_replacement: "<mail>", ips: false, phones: false },
  });
  const rest = "8.8.8.8 (212) 736-5000";
  assertEquals(outcome(judge(`a@b.cd ${rest}`)), `<mail> ${rest}`);
  const phones = await judgeWith({
    pii: { emails: false, phone_replacement: "$1$&" },
  });
  assertEquals(outcome(phones("a@b.cd 212-736-5000")), "a@b.cd $1$&");
});
