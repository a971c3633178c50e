/** Offsets: numbers where a record is meant, named values where a position is meant. */

/** A position that the client resolves when it starts to read: the beginning, the end, the stored offset, or n before the end. */
export interface LogicalOffset {
  /** Which position is meant. */
  readonly kind: "beginning" | "end" | "stored" | "tail";
  /** With `tail`: how many records before the end. */
  readonly count?: number;
}

/** librdkafka's number for it is as much below zero and 2000 more, and has to be a safe one. */
const maxTail = Number.MAX_SAFE_INTEGER - 2000;

/**
 * Refuses what is no count of records before the end.
 *
 * @throws {RangeError}
 */
export function checkTail(count: number): number {
  if (Number.isSafeInteger(count) && count >= 0 && count <= maxTail) return count;
  throw new RangeError(
    `Cannot make a tail offset of the count ${String(count)}: a whole number from 0 to 2^53 - 2001 is wanted`,
  );
}

/** An offset that can be asked for: a record's number, or a {@link LogicalOffset}. */
export type OffsetLike = number | LogicalOffset;

const logical = (value: LogicalOffset): LogicalOffset => Object.freeze(value);

/**
 * The logical offsets.
 *
 * `Offset.stored` means what the group has committed, or `auto.offset.reset` where there is nothing.
 *
 * Source: `RD_KAFKA_OFFSET_BEGINNING` and its sisters; `confluent_kafka.OFFSET_BEGINNING` in confluent-kafka-python.
 *
 * @example Read the last ten records of a partition
 * ```ts
 * import { Consumer, Offset } from "@kafka-ffi/kafka";
 *
 * function readTail(consumer: Consumer): void {
 *   consumer.assign([{ topic: "orders", partition: 0, offset: Offset.tail(10) }]);
 * }
 * ```
 */
export const Offset: {
  readonly beginning: LogicalOffset;
  readonly end: LogicalOffset;
  readonly stored: LogicalOffset;
  /** `count` records before the end. */
  tail(count: number): LogicalOffset;
} = Object.freeze({
  beginning: logical({ kind: "beginning" }),
  end: logical({ kind: "end" }),
  stored: logical({ kind: "stored" }),
  tail(count: number): LogicalOffset {
    return logical({ kind: "tail", count: checkTail(count) });
  },
});
