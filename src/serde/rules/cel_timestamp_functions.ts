/** The functions of CEL for timestamps that it has not by itself: those of numbers since 1970. */
import { type CelFunc, celFunc, CelScalar, objectType } from "@bufbuild/cel";
import { create } from "@bufbuild/protobuf";
import { type Timestamp, TimestampSchema } from "@bufbuild/protobuf/wkt";
import { failed } from "./cel_decimal.ts";

const { INT } = CelScalar;
const TIMESTAMP = objectType(TimestampSchema);
/** From 0001-01-01 to the end of 9999: what a timestamp can be. */
const FIRST_SECOND = -62_135_596_800n;
const LAST_SECOND = 253_402_300_799n;
/** How many there are of a unit in a second, by the digits of the second that it counts. */
const unitsPerSecond: ReadonlyMap<bigint, bigint> = new Map([[0n, 1n], [3n, 1000n], [6n, 1_000_000n], [9n, 10n ** 9n]]);

/** `timestamp(seconds)` and `timestamp(value, precision)`: the precision is 0, 3, 6 or 9 digits of the second. */
export function timestampFunctions(): CelFunc[] {
  return [
    celFunc("timestamp", [INT], TIMESTAMP, (seconds) => timestampOf(seconds, 1n)),
    celFunc("timestamp", [INT, INT], TIMESTAMP, (value, precision) => {
      const units = unitsPerSecond.get(precision);
      if (units === undefined) throw failed("timestamp", "the precision is none of 0, 3, 6 and 9");
      return timestampOf(value, units);
    }),
  ];
}

/** The instant that is so many units after 1970. */
export function timestampOf(value: bigint, unitsPerSecond: bigint): Timestamp {
  const rest = ((value % unitsPerSecond) + unitsPerSecond) % unitsPerSecond;
  const seconds = (value - rest) / unitsPerSecond;
  if (seconds < FIRST_SECOND || seconds > LAST_SECOND) throw failed("timestamp", "the value is out of range");
  return create(TimestampSchema, { seconds, nanos: Number(rest * (10n ** 9n / unitsPerSecond)) });
}
