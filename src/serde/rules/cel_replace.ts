/** The function `replace` of CEL. The library's makes the whole text anew for each place, which takes for ever for a long one. */
import { celMethod, CelScalar } from "@bufbuild/cel";
import type { Meter } from "./cel_meter.ts";

const { STRING, INT } = CelScalar;

/** `replace`, with and without the number of places; a negative one is all, as in Go. */
export function replaceFunctions(meter: Meter): ReturnType<typeof celMethod>[] {
  const replace = (text: string, part: string, other: string, most: bigint): string => {
    const pieces = piecesOf(text, part, most < 0n ? Infinity : Number(most));
    meter.checkLength(text.length + (pieces.length - 1) * (other.length - part.length));
    return pieces.join(other);
  };
  return [
    celMethod("replace", STRING, [STRING, STRING], STRING, function (part, other) {
      return replace(this, part, other, -1n);
    }),
    celMethod("replace", STRING, [STRING, STRING, INT], STRING, function (part, other, most) {
      return replace(this, part, other, most);
    }),
  ];
}

/** What is between the places that are replaced. An empty text is before each character, and behind the last. */
function piecesOf(text: string, part: string, most: number): string[] {
  const pieces: string[] = [];
  let from = 0;
  if (part === "") {
    for (const char of ["", ...text]) {
      if (pieces.length >= most) break;
      pieces.push(char);
      from += char.length;
    }
  } else {
    for (let at = text.indexOf(part); at >= 0 && pieces.length < most; at = text.indexOf(part, from)) {
      pieces.push(text.slice(from, at));
      from = at + part.length;
    }
  }
  return [...pieces, text.slice(from)];
}
