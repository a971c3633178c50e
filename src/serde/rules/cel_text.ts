/** The forms of text that the extra functions of CEL rules ask for: addresses, names of hosts, URIs, UUIDs. */

const MAX_EMAIL_LENGTH = 320;
const MAX_HOSTNAME_LENGTH = 253;
const MAX_URI_LENGTH = 65_536;

// The form that HTML has for <input type="email">: what people mean by it, and unlike RFC 5322 without comments.
const emailForm =
  /^[\w.!#$%&'*+/=?^`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)*$/i;
const labelForm = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;
const uuidForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const byteForm = /^(?:0|[1-9]\d{0,2})$/;
// RFC 3986, appendix B: its five parts, of which each is checked by itself.
const uriParts = /^(?:([^:/?#]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;
const schemeForm = /^[a-z][a-z0-9+.-]*$/i;
const userForm = /^(?:[\w.~!$&'()*+,;=:-]|%[0-9a-f]{2})*$/i;
const nameForm = /^(?:[\w.~!$&'()*+,;=-]|%[0-9a-f]{2})*$/i;
const pathForm = /^(?:[\w.~!$&'()*+,;=:@/-]|%[0-9a-f]{2})*$/i;
const queryForm = /^(?:[\w.~!$&'()*+,;=:@/?-]|%[0-9a-f]{2})*$/i;
const futureForm = /^v[0-9a-f]+\.[\w.~!$&'()*+,;=:-]+$/i;
const zoneForm = /^(?:[\w.~-]|%[0-9a-f]{2})+$/i;

/** Whether a text is an email address. */
export function isEmail(text: string): boolean {
  return text.length <= MAX_EMAIL_LENGTH && emailForm.test(text);
}

/** Whether a text is the name of a host, perhaps with a dot at the end. */
export function isHostname(text: string): boolean {
  const name = text.endsWith(".") ? text.slice(0, -1) : text;
  if (name.length > MAX_HOSTNAME_LENGTH) return false;
  const labels = name.split(".");
  return labels.every((label) => labelForm.test(label)) && !/^\d+$/.test(labels.at(-1)!);
}

/** Whether a text is an IPv4 address. */
export function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => byteForm.test(part) && Number(part) <= 255);
}

/** Whether a text is an IPv6 address, perhaps with a zone. */
export function isIpv6(text: string): boolean {
  const zone = text.indexOf("%");
  if (zone >= 0) return zone < text.length - 1 && isIpv6(text.slice(0, zone));
  const halves = text.split("::");
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => half === "" ? [] : half.split(":"));
  const last = groups.at(-1);
  const hasIpv4 = last !== undefined && last.includes(".");
  // The dotted form is two groups and stands at the end.
  if (hasIpv4 && (!isIpv4(last) || text.endsWith("::"))) return false;
  const hex = hasIpv4 ? groups.slice(0, -1) : groups;
  if (!hex.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return false;
  const count = hex.length + (hasIpv4 ? 2 : 0);
  return halves.length === 2 ? count < 8 : count === 8;
}

/** Whether a text is a URI: with a scheme. */
export function isUri(text: string): boolean {
  const parts = partsOf(text);
  return parts !== null && parts.scheme !== undefined;
}

/** Whether a text is a URI or a reference that is relative to one. */
export function isUriRef(text: string): boolean {
  return partsOf(text) !== null;
}

/** Whether a text is a UUID. */
export function isUuid(text: string): boolean {
  return uuidForm.test(text);
}

function partsOf(text: string): { readonly scheme: string | undefined } | null {
  if (text.length > MAX_URI_LENGTH) return null;
  const [, scheme, authority, path = "", query = "", fragment = ""] = uriParts.exec(text) ?? [];
  if (scheme !== undefined && !schemeForm.test(scheme)) return null;
  if (authority !== undefined && !isAuthority(authority)) return null;
  const isValid = pathForm.test(path) && queryForm.test(query) && queryForm.test(fragment);
  return isValid ? { scheme } : null;
}

function isAuthority(text: string): boolean {
  const at = text.lastIndexOf("@");
  if (at >= 0 && !userForm.test(text.slice(0, at))) return false;
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d*))?$/.exec(text.slice(at + 1));
  if (match === null) return false;
  const [, literal, name = "", port = ""] = match;
  if (port !== "" && Number(port) > 65_535) return false;
  if (literal === undefined) return nameForm.test(name);
  const [address = "", zone] = literal.split("%25", 2);
  return futureForm.test(literal) || isIpv6(address) && (zone === undefined || zoneForm.test(zone));
}
