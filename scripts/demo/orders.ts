/** The demo's messages: each can be made again from its number, so that whoever reads one knows what it must hold. */
import type { ProducerMessage } from "../../mod.ts";

/** A message that knows its number. */
export interface Order extends ProducerMessage {
  readonly id: number;
  readonly key: string;
  readonly value: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/** The header that carries the number. */
export const idHeader = "order-id";

const menu = ["cheese", "cucumber", "egg and cress", "ham", "hummus", "pâté", "tomato"];

/** How many customers, and so keys, there are for a number of messages: a hundred orders each. */
export function customersOf(messages: number): number {
  return Math.ceil(messages / 100);
}

/** Order number `id`. A customer's orders are spread over the whole run. */
export function order(topic: string, id: number, customers: number): Order {
  const customer = Math.imul(id, 0x9e3779b1) >>> 0;
  const key = `customer-${customer % customers}`;
  const sandwich = menu[id % menu.length]!;
  return {
    id,
    topic,
    key,
    value: JSON.stringify({ order: id, customer: key, sandwich, cents: 350 + (id * 37) % 900 }),
    headers: [[idHeader, String(id)], ["content-type", "application/json"]],
  };
}
