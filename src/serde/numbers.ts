/** Numbers as bytes, the highest byte first. */
import type { Serde } from "../kafka/serialization.ts";
import { outOfRange, refused, serde, viewOf } from "./_check.ts";

const minInteger = -(2 ** 31);
const maxInteger = 2 ** 31 - 1;
const integerRange = "an integer from -2^31 to 2^31 - 1";

/** Whole numbers of 32 bits. */
export const integer: Serde<number> = serde(
  (value) => {
    if (typeof value !== "number") throw refused(integerRange, value);
    if (!Number.isInteger(value) || value < minInteger || value > maxInteger) throw outOfRange(integerRange);
    const data = new Uint8Array(4);
    data[0] = value >> 24;
    data[1] = value >> 16;
    data[2] = value >> 8;
    data[3] = value;
    return data;
  },
  (data) => viewOf(data, 4, "an integer").getInt32(0),
);

const minLong = -(2n ** 63n);
const maxLong = 2n ** 63n - 1n;
const longRange = "a bigint from -2^63 to 2^63 - 1";

/** Whole numbers of 64 bits. */
export const long: Serde<bigint> = serde(
  (value) => {
    if (typeof value !== "bigint") throw refused(longRange, value);
    if (value < minLong || value > maxLong) throw outOfRange(longRange);
    const view = new DataView(new ArrayBuffer(8));
    view.setBigInt64(0, value);
    return new Uint8Array(view.buffer);
  },
  (data) => viewOf(data, 8, "a long").getBigInt64(0),
);

/** Numbers of 64 bits with a fraction. */
export const double: Serde<number> = serde(
  (value) => {
    if (typeof value !== "number") throw refused("a number", value);
    const view = new DataView(new ArrayBuffer(8));
    view.setFloat64(0, value);
    return new Uint8Array(view.buffer);
  },
  (data) => viewOf(data, 8, "a double").getFloat64(0),
);

/** Numbers of 32 bits with a fraction. */
export const float: Serde<number> = serde(
  (value) => {
    if (typeof value !== "number") throw refused("a number", value);
    // Rounded to an infinity, it would be another number and not a less exact one.
    if (Number.isFinite(value) && !Number.isFinite(Math.fround(value))) throw outOfRange("a number of 32 bits");
    const view = new DataView(new ArrayBuffer(4));
    view.setFloat32(0, value);
    return new Uint8Array(view.buffer);
  },
  (data) => viewOf(data, 4, "a float").getFloat32(0),
);
