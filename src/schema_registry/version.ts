/** The version of this client, which a registry is told. A test compares it with `deno.json`. */
export const version = "0.1.0";
