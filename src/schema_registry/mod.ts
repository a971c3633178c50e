/**
 * A client of Schema Registries, for Deno, Bun, Node and wherever else `fetch` is: it needs neither librdkafka nor any package.
 *
 * @module
 */
export type { ErrorCodeName } from "../kafka/error_codes.ts";
export { KafkaError, type KafkaErrorFacts } from "../kafka/error.ts";
export type { AssertionProvider } from "./assertion.ts";
export type { FormatOptions, GetSchemaOptions, GetVersionOptions, LookupOptions, RegisterOptions } from "./client.ts";
export { SchemaRegistryClient } from "./client.ts";
export type { SchemaRegistryConfig } from "./config.ts";
export type { SchemaRegistryOptions } from "./connection.ts";
export type { CustomToken, CustomTokenProvider } from "./credentials.ts";
export type { Dek, DekAlgorithm, Kek, KekChanges, NewDek, NewKek } from "./dek.ts";
export type {
  DekOptions,
  DeleteDekOptions,
  DeleteKeyOptions,
  GetDekOptions,
  GetKekOptions,
  KekOptions,
  RegisterDekOptions,
} from "./dek_client.ts";
export { DekRegistryClient } from "./dek_client.ts";
export { OAuthTokenError, type RegistryErrorFacts, SchemaRegistryError } from "./error.ts";
export { MockRegistry } from "./mock.ts";
export { AnswerTooLargeError } from "./no_answer.ts";
export { RegistryClient } from "./registry_client.ts";
export type { RequestOptions } from "./rest.ts";
export type {
  Association,
  AssociationInfo,
  AssociationLifecycle,
  AssociationRequest,
  AssociationRequestInfo,
  AssociationResponse,
  CompatibilityLevel,
  Metadata,
  RegisteredSchema,
  RegistryMode,
  Rule,
  RuleKind,
  RuleMode,
  RulePhase,
  RuleSet,
  Schema,
  SchemaReference,
  SchemaType,
  SchemaVersion,
  ServerConfig,
} from "./schema.ts";
export {
  type DeleteAssociationsOptions,
  type GetAssociationsOptions,
  type GetConfigOptions,
  type PageOptions,
  RegistrySettingsClient,
  type UpdateModeOptions,
} from "./settings_client.ts";
export {
  type DeleteOptions,
  type GetSubjectsOptions,
  type GetVersionsOptions,
  RegistrySubjectsClient,
  type SchemaPlacesOptions,
  type TestAllVersionsOptions,
  type TestCompatibilityOptions,
} from "./subjects_client.ts";
export type { HttpRequest, HttpResponse, Transport } from "./transport.ts";
