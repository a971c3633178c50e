/** Checks before a client is opened that what its configuration says about security can work at all. */
import { errorCodes } from "../kafka/error_codes.ts";
import { KafkaError, UnsupportedFeatureError } from "../kafka/error.ts";
import type { Native } from "../native/native.ts";
import type { Access } from "./failures.ts";

/** How a configuration connects, with librdkafka's defaults. */
export function accessOf(settings: ReadonlyMap<string, string>): Access {
  return {
    protocol: (settings.get("security.protocol") ?? "plaintext").toLowerCase(),
    mechanism: (settings.get("sasl.mechanism") ?? settings.get("sasl.mechanisms") ?? "GSSAPI").toUpperCase(),
  };
}

/**
 * Throws if the library was built without something that is asked for, or if there is no way to get a token.
 *
 * @throws {UnsupportedFeatureError} naming the property and what the library lacks.
 * @throws {KafkaError} `_INVALID_ARG`.
 */
export function checkSecurity(native: Native, settings: ReadonlyMap<string, string>, hasTokenHandler: boolean): void {
  const access = accessOf(settings);
  const { protocol, mechanism } = access;
  if (protocol === "plaintext") return;
  const { features, version } = native.info();
  for (const [feature, property] of needed(access, settings)) {
    if (!features.includes(feature)) {
      throw new UnsupportedFeatureError(property, null, `librdkafka ${version} without ${feature}`);
    }
  }
  if (!protocol.startsWith("sasl_") || mechanism !== "OAUTHBEARER") return;
  const isOidc = settings.get("sasl.oauthbearer.method")?.toLowerCase() === "oidc";
  const isUnsecured = settings.get("enable.sasl.oauthbearer.unsecure.jwt") === "true";
  const others = isOidc
    ? '"sasl.oauthbearer.method": "oidc"'
    : isUnsecured
    ? '"enable.sasl.oauthbearer.unsecure.jwt"'
    : null;
  if (hasTokenHandler && others !== null) {
    throw new KafkaError(
      `Cannot use onTokenRefresh with ${others}: librdkafka makes the tokens then`,
      errorCodes._INVALID_ARG,
    );
  }
  if (!hasTokenHandler && others === null) {
    throw new KafkaError(
      "Cannot log in by OAUTHBEARER: there are no tokens; give onTokenRefresh in the options, or set " +
        '"sasl.oauthbearer.method" to "oidc"',
      errorCodes._INVALID_ARG,
    );
  }
}

/** The entries of `builtin.features` that a configuration needs, with the properties that need them. */
function* needed(
  { protocol, mechanism }: Access,
  settings: ReadonlyMap<string, string>,
): Generator<[feature: string, property: string]> {
  if (protocol.endsWith("ssl")) yield ["ssl", `"security.protocol": "${protocol}"`];
  if (!protocol.startsWith("sasl_")) return;
  const isDefault = !settings.has("sasl.mechanism") && !settings.has("sasl.mechanisms");
  const property = `"sasl.mechanism": "${mechanism}"${isDefault ? ", its default," : ""}`;
  const features: Readonly<Record<string, string>> = {
    PLAIN: "sasl_plain",
    "SCRAM-SHA-256": "sasl_scram",
    "SCRAM-SHA-512": "sasl_scram",
    OAUTHBEARER: "sasl_oauthbearer",
    GSSAPI: "sasl_gssapi",
  };
  if (Object.hasOwn(features, mechanism)) yield [features[mechanism]!, property];
  if (mechanism === "OAUTHBEARER" && settings.get("sasl.oauthbearer.method")?.toLowerCase() === "oidc") {
    yield ["oidc", '"sasl.oauthbearer.method": "oidc"'];
  }
}
