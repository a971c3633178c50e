/** Sending with a tracer's hook: each message carries its context, and the tracer is told what became of it. */
import { ProduceError } from "../kafka/error.ts";
import type { DeliveryReport, ProducerMessage } from "../kafka/message.ts";
import { type SendTrace, type Tracing, withTraceContext } from "../kafka/tracing.ts";
import type { ProducerOptions } from "./options.ts";
import { type ArraySettle, produceError, type TakeReport } from "./pending.ts";
import type { Sending } from "./sending.ts";

/** What sends messages. */
export type Sender = Pick<Sending, "send" | "sendAll" | "produce" | "deliver" | "deliverAll">;

/** A message on its way, as it is sent. */
interface Traced {
  readonly message: ProducerMessage;
  readonly trace: SendTrace | null;
}

/** Asks the tracer, and sends by another sender. */
export class TracedSending implements Sender {
  readonly #sending: Sending;
  readonly #onSend: NonNullable<Tracing["onSend"]>;
  readonly #onDelivery: ProducerOptions["onDelivery"];
  readonly #reportsOnlyErrors: boolean;

  constructor(sending: Sending, onSend: NonNullable<Tracing["onSend"]>, onDelivery: ProducerOptions["onDelivery"]) {
    this.#sending = sending;
    this.#onSend = onSend;
    this.#onDelivery = onDelivery;
    this.#reportsOnlyErrors = sending.client.setting(["delivery.report.only.error"], "false") === "true";
  }

  /** The sender for these options: the one that is given, if no tracer wants to hear of messages that are sent. */
  static of(sending: Sending, { tracing, onDelivery }: ProducerOptions): Sender {
    const onSend = tracing?.onSend;
    return onSend === undefined ? sending : new TracedSending(sending, onSend, onDelivery);
  }

  /** @see Sending.send */
  send(message: ProducerMessage): Promise<DeliveryReport> {
    const traced = this.#begin(message);
    const sent = this.#try([traced], () => this.#sending.send(traced.message));
    sent.then((report) => this.#end(traced, null, report), (error) => this.#fail([traced], error));
    return sent;
  }

  /** @see Sending.sendAll */
  sendAll(messages: readonly ProducerMessage[]): Promise<DeliveryReport[]> {
    const all = messages.map((message) => this.#begin(message));
    const sent = this.#try(all, () => this.#sending.sendAll(all.map(({ message }) => message)));
    sent.then(
      (reports) => all.forEach((traced, i) => this.#end(traced, null, reports[i]!)),
      (error) => this.#fail(all, error),
    );
    return sent;
  }

  /** @see Sending.produce */
  produce(message: ProducerMessage, onDelivery: ((report: DeliveryReport) => void) | undefined): boolean {
    // A tracer is not asked for what is not sent.
    if (!this.#sending.hasRoom) return false;
    const traced = this.#begin(message);
    const outlet = onDelivery ?? this.#onDelivery;
    const take = (report: DeliveryReport): void => {
      if (!this.#reportsOnlyErrors) this.#end(traced, report.error, report);
      if (outlet !== undefined) return outlet(report);
      if (report.error !== null) this.#sending.client.reportError(produceError([report]));
    };
    const isTaken = this.#try([traced], () => this.#sending.produce(traced.message, take));
    if (!isTaken || this.#reportsOnlyErrors) this.#end(traced, null, null);
    return isTaken;
  }

  /** @see Sending.deliver */
  deliver(message: ProducerMessage, onReport: TakeReport): void {
    const traced = this.#begin(message);
    const take = (report: DeliveryReport): void => {
      this.#end(traced, report.error, report);
      onReport(report);
    };
    this.#try([traced], () => this.#sending.deliver(traced.message, take));
  }

  /** @see Sending.deliverAll */
  deliverAll(messages: readonly ProducerMessage[], { resolve, reject }: ArraySettle): void {
    const all = messages.map((message) => this.#begin(message));
    const settle: ArraySettle = {
      resolve: (reports) => {
        all.forEach((traced, i) => this.#end(traced, null, reports[i]!));
        resolve(reports);
      },
      reject: (error) => {
        this.#fail(all, error);
        reject(error);
      },
    };
    this.#try(all, () => this.#sending.deliverAll(all.map(({ message }) => message), settle));
  }

  #begin(message: ProducerMessage): Traced {
    let trace: SendTrace | null = null;
    this.#sending.client.run("tracing.onSend", () => {
      trace = this.#onSend(message) ?? null;
    });
    // The type checker does not see that the function above was called.
    const begun = trace as SendTrace | null;
    if (typeof begun?.traceparent !== "string") return { message, trace: begun };
    try {
      return { message: { ...message, headers: withTraceContext(message.headers, begun) }, trace: begun };
    } catch {
      // These are no headers, which the sender says better.
      return { message, trace: begun };
    }
  }

  /** Sends; what cannot be sent at all ends its traces. */
  #try<T>(all: readonly Traced[], send: () => T): T {
    try {
      return send();
    } catch (error) {
      this.#fail(all, error);
      throw error;
    }
  }

  #fail(all: readonly Traced[], error: unknown): void {
    const reports = error instanceof ProduceError ? error.reports as readonly DeliveryReport[] : [];
    const cause = error instanceof Error ? error : new Error(String(error));
    all.forEach((traced, i) => {
      const report = reports[i] ?? null;
      this.#end(traced, report === null ? cause : report.error, report);
    });
  }

  #end({ trace }: Traced, error: Error | null, report: DeliveryReport | null): void {
    if (typeof trace?.end !== "function") return;
    this.#sending.client.run("tracing.onSend", () => trace.end!(error, report));
  }
}
