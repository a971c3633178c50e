/** Which keys of authentication belong to which source of it: one that nobody reads would look like a login, and be none. */
import type { ConfigReader, SchemaRegistryConfig } from "./config.ts";

type BasicSource = "USER_INFO" | "URL" | "SASL_INHERIT";
type BearerSource = "OAUTHBEARER" | "OAUTHBEARER_AZURE_IMDS" | "STATIC_TOKEN" | "CUSTOM";
type BasicKey = Extract<keyof SchemaRegistryConfig, `sasl.${string}`>;
type BearerKey = Exclude<
  Extract<keyof SchemaRegistryConfig, `bearer.auth.${string}`>,
  "bearer.auth.credentials.source"
>;

const cluster = ["OAUTHBEARER", "OAUTHBEARER_AZURE_IMDS", "STATIC_TOKEN"] as const;
const oauth = ["OAUTHBEARER"] as const;
const custom = ["CUSTOM"] as const;

/** The compiler sees to it that both tables are complete. */
const bearerKeys: Readonly<Record<BearerKey, readonly BearerSource[]>> = {
  "bearer.auth.token": ["STATIC_TOKEN"],
  "bearer.auth.logical.cluster": cluster,
  "bearer.auth.identity.pool.id": cluster,
  "bearer.auth.grant.type": oauth,
  "bearer.auth.client.id": oauth,
  "bearer.auth.client.secret": oauth,
  "bearer.auth.scope": oauth,
  "bearer.auth.assertion.algorithm": oauth,
  "bearer.auth.assertion.private.key.pem": oauth,
  "bearer.auth.assertion.private.key.file": oauth,
  "bearer.auth.assertion.private.key.passphrase": oauth,
  "bearer.auth.assertion.file": oauth,
  "bearer.auth.assertion.provider.function": oauth,
  "bearer.auth.assertion.claim.aud": oauth,
  "bearer.auth.assertion.claim.exp.seconds": oauth,
  "bearer.auth.assertion.claim.iss": oauth,
  "bearer.auth.assertion.claim.jti.include": oauth,
  "bearer.auth.assertion.claim.nbf.seconds": oauth,
  "bearer.auth.assertion.claim.sub": oauth,
  "bearer.auth.assertion.jwt.template.file": oauth,
  "bearer.auth.issuer.endpoint.url": ["OAUTHBEARER", "OAUTHBEARER_AZURE_IMDS"],
  "bearer.auth.issuer.endpoint.query": ["OAUTHBEARER_AZURE_IMDS"],
  "bearer.auth.custom.provider.function": custom,
  "bearer.auth.custom.provider.config": custom,
};

const basicKeys: Readonly<Record<BasicKey, readonly BasicSource[]>> = {
  "sasl.username": ["SASL_INHERIT"],
  "sasl.password": ["SASL_INHERIT"],
};

/** Refuses the keys of authentication that the chosen sources do not use. A source that does not exist uses all of them. */
export function refuseUnused(reader: ConfigReader): void {
  refuseOthers(reader, "basic.auth.credentials.source", basicKeys, ["USER_INFO", "URL", "SASL_INHERIT"]);
  refuseOthers(reader, "bearer.auth.credentials.source", bearerKeys, [...cluster, ...custom]);
}

function refuseOthers(
  reader: ConfigReader,
  sourceKey: keyof SchemaRegistryConfig,
  table: Readonly<Record<string, readonly string[]>>,
  sources: readonly string[],
): void {
  const source = reader.get(sourceKey);
  if (source !== undefined && !sources.includes(source as string)) return;
  for (const [key, users] of Object.entries(table)) {
    if (!reader.has(key as keyof SchemaRegistryConfig) || users.includes(source as string)) continue;
    const wanted = users.length === 1 ? users[0]! : `one of ${users.join(", ")}`;
    reader.refuse(key, `it needs "${sourceKey}" to be ${wanted}${source === undefined ? "" : `, not ${source}`}`);
  }
}
