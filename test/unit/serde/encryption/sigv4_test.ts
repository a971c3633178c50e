/** AWS's signatures: the worked example of its documentation and requests of its test suite, to the last digit. */
import { runtimeCrypto } from "../../../../ffi/crypto.ts";
import { type SignableRequest, signedHeaders } from "../../../../src/serde/rules/encryption/kms/sigv4.ts";
import { test } from "../../../harness.ts";
import { assertEquals } from "../../../support/assert.ts";

const credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: undefined,
};
const nowMs = Date.UTC(2015, 7, 30, 12, 36, 0);

function authorizationOf(request: SignableRequest, service: string): string | undefined {
  const scope = { region: "us-east-1", service, nowMs };
  return signedHeaders(runtimeCrypto()!, request, credentials, scope)["authorization"];
}

test("signedHeaders() has the signature of the example that AWS works out", () => {
  const request = {
    method: "GET",
    host: "iam.amazonaws.com",
    query: "Action=ListUsers&Version=2010-05-08",
    headers: { "content-type": "application/x-www-form-urlencoded; charset=utf-8" },
    body: "",
  };
  assertEquals(
    authorizationOf(request, "iam"),
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/iam/aws4_request, " +
      "SignedHeaders=content-type;host;x-amz-date, " +
      "Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7",
  );
});

test("signedHeaders() has the signatures of AWS's test suite", () => {
  const plain = { method: "POST", host: "example.amazonaws.com", headers: {}, body: "" };
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const signatures: [SignableRequest, string][] = [
    [{ ...plain, method: "GET" }, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    [plain, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      { ...plain, headers: form, body: "Param1=value1" },
      "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a",
    ],
  ];
  for (const [request, signature] of signatures) {
    assertEquals(authorizationOf(request, "service")?.split("Signature=")[1], signature);
  }
});
