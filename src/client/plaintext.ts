/** Says when a login's secrets would cross a network for everybody to read. */

/** What a configuration gives away, in words for a log line, or null. */
export function plaintextWarning(settings: ReadonlyMap<string, string>): string | null {
  const mechanism = (settings.get("sasl.mechanism") ?? settings.get("sasl.mechanisms") ?? "").toUpperCase();
  if (settings.get("security.protocol") === "sasl_plaintext") {
    const servers = settings.get("bootstrap.servers") ?? settings.get("metadata.broker.list") ?? "";
    const remote = servers.split(",").map((server) => hostOf(server.trim())).find((host) => !isLoopback(host));
    if (remote !== undefined) {
      const what = mechanism.startsWith("SCRAM")
        ? "whoever listens can try passwords against what is sent"
        : `the ${mechanism === "OAUTHBEARER" ? "token" : "password"} is sent for everybody to read`;
      return `Logging in to ${remote} without TLS: ${what}; use "security.protocol": "sasl_ssl"`;
    }
  }
  const url = settings.get("sasl.oauthbearer.token.endpoint.url");
  const endpoint = /^http:\/\/([^/?#]*@)?([^/?#]+)/i.exec(url ?? "")?.[2];
  if (endpoint !== undefined && !isLoopback(hostOf(endpoint))) {
    return `Fetching tokens from ${hostOf(endpoint)} without TLS: the client's secret is sent for everybody to read`;
  }
  return null;
}

/** The host in `host`, `host:9092`, `[::1]:9092` or `SASL_PLAINTEXT://host:9092`. */
function hostOf(server: string): string {
  const place = server.replace(/^\w+:\/\//, "");
  const [, literal] = /^\[([^\]]*)\]/.exec(place) ?? [];
  if (literal !== undefined) return literal;
  // More than one colon, and no brackets: an address of IPv6 without a port.
  return place.split(":").length > 2 ? place : place.replace(/:\d*$/, "");
}

function isLoopback(host: string): boolean {
  return host === "" || /^(localhost\.?|.+\.localhost\.?|127(\.\d{1,3}){3}|::1|::ffff:127(\.\d{1,3}){3})$/i.test(host);
}
