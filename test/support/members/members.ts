/** Members of one group that come and go, and a record of who read what while it had it. */
import {
  Consumer,
  type ConsumerConfig,
  type KafkaError,
  type Message,
  Producer,
  type TopicPartition,
} from "../../../mod.ts";
import { waitFor } from "../wait.ts";

const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}:${partition}`;

/** What all members of a group have read, in the order they read it, and what was wrong with that. */
export class GroupRecord {
  /** The next offset that is to be read, by partition. */
  readonly next: Map<string, number> = new Map<string, number>();
  /** Who has a partition. */
  readonly #owners = new Map<string, string>();
  /** Where reading may begin again, since a commit was refused, and once. */
  readonly #again = new Set<string>();
  readonly problems: string[] = [];
  /** How many messages were read, those that were read again not counted. */
  read = 0;

  /** A member is given partitions. */
  give(member: string, partitions: readonly TopicPartition[]): void {
    for (const key of partitions.map(keyOf)) {
      const owner = this.#owners.get(key);
      if (owner !== undefined) this.#note(`${member} was given ${key} while ${owner} had it`);
      this.#owners.set(key, member);
    }
  }

  /** A member gives partitions back. */
  take(member: string, partitions: readonly TopicPartition[]): void {
    for (const key of partitions.map(keyOf)) {
      if (this.#owners.get(key) !== member) {
        this.#note(`${member} gave ${key} back, which ${this.#owners.get(key)} had`);
      }
      this.#owners.delete(key);
    }
  }

  /** The group refused to commit what a member has read: what it has not committed before is read again. */
  refuse(partitions: readonly TopicPartition[]): void {
    for (const partition of partitions) this.#again.add(keyOf(partition));
  }

  /** A member has read a message. */
  see(member: string, message: Message): void {
    const key = keyOf(message);
    if (this.#owners.get(key) !== member) this.#note(`${member} read ${key} @${message.offset} without having it`);
    let expected = this.next.get(key) ?? 0;
    if (this.#again.delete(key) && message.offset < expected) {
      this.read -= expected - message.offset;
      expected = message.offset;
    }
    if (message.offset !== expected) this.#note(`${member} read ${key} @${message.offset} instead of ${expected}`);
    this.next.set(key, message.offset + 1);
    this.read++;
  }

  /** How many partitions somebody has, and how many members have one. */
  get shares(): { partitions: number; members: number } {
    return { partitions: this.#owners.size, members: new Set(this.#owners.values()).size };
  }

  #note(problem: string): void {
    if (this.problems.length < 20) this.problems.push(problem);
  }
}

/** A member that reads in batches until it is told to leave, and commits what it has read when it gives a partition back. */
export class Member {
  readonly name: string;
  readonly errors: KafkaError[] = [];
  readonly #consumer: Consumer;
  readonly #stop = new AbortController();
  readonly #loop: Promise<void>;

  constructor(name: string, config: ConsumerConfig, topics: readonly string[], record: GroupRecord) {
    this.name = name;
    const consumer = new Consumer({ "auto.offset.reset": "earliest", "enable.auto.commit": false, ...config }, {
      onError: (error) => void this.errors.push(error),
      onAssign: (partitions) => record.give(name, partitions),
      onRevoke: async (partitions) => {
        const read = partitions.flatMap((each) => {
          const offset = record.next.get(keyOf(each));
          return offset === undefined ? [] : [{ topic: each.topic, partition: each.partition, offset }];
        });
        try {
          await consumer.commit(read);
        } catch (error) {
          // The coordinator has begun a new generation without us: so it is with every client of Kafka.
          if ((error as KafkaError).codeName !== "ILLEGAL_GENERATION") throw error;
          record.refuse(partitions);
        }
        record.take(name, partitions);
      },
    });
    this.#consumer = consumer;
    consumer.subscribe(topics);
    this.#loop = this.#read(record);
  }

  async #read(record: GroupRecord): Promise<void> {
    const { signal } = this.#stop;
    try {
      for await (const batch of this.#consumer.batches({ maxMessages: 50, signal })) {
        for (const message of batch) record.see(this.name, message);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  get memberId(): string {
    return this.#consumer.memberId;
  }

  /** Stops reading and leaves the group. */
  async leave(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    await this.#consumer.close();
  }
}

/** Writes to all partitions of some topics, at an even pace, until it is stopped; says how many messages there are. */
export class Writer {
  written = 0;
  readonly #producer: Producer;
  readonly #loop: Promise<void>;
  #isStopped = false;

  constructor(bootstrapServers: string, topics: readonly string[], partitions: number) {
    this.#producer = new Producer({ "bootstrap.servers": bootstrapServers, "enable.idempotence": true });
    this.#loop = this.#write(topics, partitions);
  }

  async #write(topics: readonly string[], partitions: number): Promise<void> {
    while (!this.#isStopped) {
      const messages = topics.flatMap((topic) =>
        Array.from(
          { length: 5 * partitions },
          (_, i) => ({ topic, partition: i % partitions, value: `${this.written + i}` }),
        )
      );
      await this.#producer.send(messages);
      this.written += messages.length;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async stop(): Promise<number> {
    this.#isStopped = true;
    await this.#loop;
    await this.#producer.close();
    return this.written;
  }
}

/** Waits until a number of members share all partitions, and have read on since. */
export async function untilShared(record: GroupRecord, members: number, partitions: number): Promise<void> {
  await waitFor(() => record.shares.members === members && record.shares.partitions === partitions, {
    what: `${members} members with ${partitions} partitions`,
    timeoutMs: 40_000,
  });
  const { read } = record;
  await waitFor(() => record.read > read + 100, { what: "messages", timeoutMs: 20_000 });
}
