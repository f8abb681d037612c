import { boolean, text } from "../schema.ts";
import { maskEmails } from "./mask_emails.ts";
import { maskIpAddresses } from "./mask_ip_addresses.ts";
import { maskPhoneNumbers } from "./mask_phone_numbers.ts";
import type { StepDefinition } from "./step_definition.ts";

/** Options of the step `pii`. */
export interface PiiOptions {
  /** Whether e-mail addresses are masked. */
  readonly emails: boolean;
  /** What stands in place of one. */
  readonly email_replacement: string;
  /** Whether public IP addresses are masked. */
  readonly ips: boolean;
  /** What stands in place of one. */
  readonly ip_replacement: string;
  /** Whether phone numbers are masked. */
  readonly phones: boolean;
  /** What stands in place of one. */
  readonly phone_replacement: string;
}

/**
 * Masks what leads to a person: e-mail addresses, public IP addresses, phone
 * numbers. The replacements are reserved for examples (RFC 2606, RFC 5737, and
 * the North American plan's 555-01XX), so nobody has them.
 */
export const PII: StepDefinition<PiiOptions> = {
  name: "pii",
  summary: "masks e-mail addresses, IP addresses and phone numbers",
  options: {
    emails: boolean({
      default: true,
      description: "whether e-mail addresses are masked",
    }),
    email_replacement: text({
      default: "email@example.com",
      description: "what stands in place of an e-mail address",
    }),
    ips: boolean({
      default: true,
      description: "whether public IP addresses are masked",
    }),
    ip_replacement: text({
      default: "192.0.2.1",
      description: "what stands in place of an IP address",
    }),
    phones: boolean({
      default: true,
      description: "whether phone numbers are masked",
    }),
    phone_replacement: text({
      default: "555-0100",
      description: "what stands in place of a phone number",
    }),
  },
  make: (options) => ({
    kind: "document",
    name: "pii",
    judge(document) {
      let { text } = document;
      if (options.emails) text = maskEmails(text, options.email_replacement);
      if (options.ips) text = maskIpAddresses(text, options.ip_replacement);
      if (options.phones) {
        text = maskPhoneNumbers(text, options.phone_replacement);
      }
      return text === document.text ? document : { ...document, text };
    },
  }),
};
