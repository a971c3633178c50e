/** What a producer is told beside its configuration, and what its calls take. */
import type { ClientOptions } from "../client/options.ts";
import type { DeliveryReport } from "../kafka/message.ts";

/** The options of a producer beside its configuration. */
export interface ProducerOptions extends ClientOptions {
  /** Is given the report of every message that no callback or promise of its own was asked for. */
  readonly onDelivery?: (report: DeliveryReport) => void;
}

/** What may be taken back by {@link Producer.purge}. */
export interface PurgeOptions {
  /** Messages that wait to be sent. Default: true. */
  readonly queued?: boolean;
  /** Messages that were sent and not answered; whether they are written is then unknown. Default: true. */
  readonly inFlight?: boolean;
}
