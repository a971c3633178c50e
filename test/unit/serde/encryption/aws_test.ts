/** The driver for AWS, against a server that checks every signature by a reckoning of its own. */
import { createHash, createHmac } from "node:crypto";
import { errorCodes } from "../../../../src/kafka/error_codes.ts";
import { EncryptionError } from "../../../../src/serde/rules/encryption/error.ts";
import { awsKms } from "../../../../src/serde/rules/encryption/kms/aws.ts";
import type { Kms, KmsConfig } from "../../../../src/serde/rules/encryption/kms/types.ts";
import { test } from "../../../harness.ts";
import { assert, assertEquals, assertRejects, assertThrows } from "../../../support/assert.ts";
import { type KmsAnswer, type KmsRequest, type KmsServer, kmsServer } from "../../../support/serde/kms_server.ts";

const arn = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
const keys: KmsConfig = { "access.key.id": "AKIAOWN", "secret.access.key": "own-secret" };
const secrets: Record<string, string> = { AKIAOWN: "own-secret", ASIAROLE: "role-secret" };
const key = Uint8Array.of(1, 2, 3, 250);
const hour = 3_600_000;

let nowMs = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Whether a request is signed with the secret of the key that it names. */
function isSigned(request: KmsRequest): boolean {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/(\w+)\/aws4_request, SignedHeaders=(.*), Signature=(\w+)$/;
  const [, id = "", day = "", region = "", service = "", names = "", signature] =
    pattern.exec(request.headers["authorization"] ?? "") ?? [];
  const hash = (text: string) => createHash("sha256").update(text).digest("hex");
  const hmac = (key: string | Uint8Array, text: string) => createHmac("sha256", key).update(text).digest();
  const headers = names.split(";").map((name) => `${name}:${name === "host" ? request.host : request.headers[name]}\n`);
  const canonical = `POST\n${request.path}\n\n${headers.join("")}\n${names}\n${hash(request.body)}`;
  const scope = `${day}/${region}/${service}/aws4_request`;
  const text = `AWS4-HMAC-SHA256\n${request.headers["x-amz-date"]}\n${scope}\n${hash(canonical)}`;
  const signingKey = hmac(hmac(hmac(hmac(`AWS4${secrets[id]}`, day), region), service), "aws4_request");
  return hmac(signingKey, text).toString("hex") === signature;
}

const base64 = (text: string): Uint8Array => Uint8Array.from(atob(text), (char) => char.charCodeAt(0));

/** Wraps by turning the bytes around. */
function answerKms(request: KmsRequest): KmsAnswer {
  const asked = JSON.parse(request.body) as { KeyId: string; Plaintext?: string; CiphertextBlob?: string };
  assertEquals(asked.KeyId, arn);
  const turned = btoa(String.fromCharCode(...base64(asked.Plaintext ?? asked.CiphertextBlob ?? "").reverse()));
  const target = request.headers["x-amz-target"];
  if (target === "TrentService.Encrypt") return { body: { KeyId: arn, CiphertextBlob: turned } };
  assertEquals(target, "TrentService.Decrypt");
  return { body: { KeyId: arn, Plaintext: turned } };
}

function answerSts(request: KmsRequest): KmsAnswer {
  assertEquals(Object.fromEntries(new URLSearchParams(request.body)), {
    Action: "AssumeRole",
    Version: "2011-06-15",
    RoleArn: "arn:aws:iam::111122223333:role/encrypt",
    RoleSessionName: "confluent-encrypt",
    ExternalId: "an id & more",
  });
  const expiration = new Date(nowMs + hour).toISOString();
  const fields = {
    AccessKeyId: "ASIAROLE",
    SecretAccessKey: "role-secret",
    SessionToken: "session/token==",
    Expiration: expiration,
  };
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`).join("\n");
  const result = `<AssumeRoleResult><Credentials>${elements}</Credentials></AssumeRoleResult>`;
  return {
    body: `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">${result}</AssumeRoleResponse>`,
  };
}

function awsServer(): Promise<KmsServer> {
  return kmsServer((request) => {
    if (!isSigned(request)) return { status: 400, body: { __type: "InvalidSignatureException", message: "hunter2" } };
    return request.host.startsWith("sts.") ? answerSts(request) : answerKms(request);
  });
}

function openKey(server: KmsServer, config: KmsConfig, keyArn = arn): Kms {
  const environment = () => undefined;
  return awsKms({ transport: server.transport, environment, now: () => nowMs }).newKms(config, `aws-kms://${keyArn}`);
}

test("awsKms() wraps and unwraps with signed requests to the key's region", async () => {
  await using server = await awsServer();
  const kms = openKey(server, keys);
  const wrapped = await kms.encrypt(key);
  assertEquals(wrapped, Uint8Array.of(250, 3, 2, 1));
  assertEquals(await kms.decrypt(wrapped), key);
  assertEquals(server.requests.map(({ host }) => host), Array(2).fill("kms.eu-west-1.amazonaws.com"));
});

test("awsKms() takes on a role, and again when its credentials have become old", async () => {
  await using server = await awsServer();
  const role = { "role.arn": "arn:aws:iam::111122223333:role/encrypt", "role.external.id": "an id & more" };
  const kms = openKey(server, { ...keys, ...role });
  await kms.encrypt(key);
  await kms.encrypt(key);
  nowMs += 0.9 * hour;
  await kms.encrypt(key);
  const services = server.requests.map(({ host }) => host.split(".")[0]);
  assertEquals(services, ["sts", "kms", "kms", "sts", "kms"]);
  assertEquals(server.requests[1]?.headers["x-amz-security-token"], "session/token==");
  assertEquals(server.requests[0]?.headers["x-amz-security-token"], undefined);
});

test("awsKms() takes settings from the environment where none are given", async () => {
  await using server = await awsServer();
  const variables: Record<string, string> = { AWS_ACCESS_KEY_ID: "AKIAOWN", AWS_SECRET_ACCESS_KEY: "own-secret" };
  const driver = awsKms({ transport: server.transport, environment: (name) => variables[name] });
  assertEquals(await driver.newKms({}, `aws-kms://${arn}`).decrypt(key), Uint8Array.of(250, 3, 2, 1));
  assertThrows(
    () => awsKms({ environment: () => undefined }).newKms({}, `aws-kms://${arn}`),
    EncryptionError,
    '"access.key.id" or the environment variable AWS_ACCESS_KEY_ID',
  );
});

test("awsKms() says what AWS calls the error, and nothing else of the answer", async () => {
  await using server = await awsServer();
  const kms = openKey(server, { ...keys, "secret.access.key": "other-secret" });
  const error = await assertRejects(
    async () => await kms.encrypt(key),
    EncryptionError,
    "status 400 (InvalidSignatureException)",
  );
  assertEquals(error.code, errorCodes._FAIL);
  assert(!error.message.includes("hunter2") && !error.message.includes("secret"), error.message);
});

test("awsKms() refuses a key's URL that would lead elsewhere", async () => {
  await using server = await awsServer();
  for (
    const wrong of [
      "",
      "alias/my-key",
      "arn:aws:kms:evil.example/:1:key/a",
      "arn:aws:kms:eu-west-1:1:key/a?b",
      "arn:aws:s3:eu-west-1:1:key/a",
    ]
  ) {
    assertThrows(() => openKey(server, keys, wrong), EncryptionError, "is not of the form");
  }
  assertEquals(server.requests, []);
});
