/**
 * Says on stdout which adapter there is, as one line of JSON.
 *
 * @module
 */
import { DeviceError } from "../../kernels/runtime/device_error.ts";
import { openDevice } from "../../kernels/runtime/open_device.ts";

try {
  const { adapter, capabilities } = await openDevice();
  const features = [...capabilities.features];
  const { name, driver } = adapter;
  console.log(JSON.stringify({ name, driver, features }));
} catch (error) {
  if (!(error instanceof DeviceError)) throw error;
  console.log(JSON.stringify({ missing: error.message }));
}
// Some drivers crash while they are unloaded; what was asked is answered.
Deno.exit(0);
