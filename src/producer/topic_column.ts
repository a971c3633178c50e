/** Which topic each message of a batch was sent to. */

/**
 * The topics of messages that are gathered one after the other. A call's messages mostly go to one topic, and then one is all
 * that is kept.
 */
export class TopicColumn {
  #first = "";
  #count = 0;
  /** The topic of each, once there is a second one. */
  #each: string[] | null = null;

  /** Enters the topic of the message at an index that is behind all others. One that is passed over was told its end already. */
  set(index: number, topic: string): void {
    if (this.#each !== null) this.#each[index] = topic;
    else if (this.#count === 0 || topic === this.#first) this.#first = topic;
    else (this.#each = new Array<string>(index).fill(this.#first)).push(topic);
    this.#count = index + 1;
  }

  /** The topic of the message at an index, if that was gathered; of one that was passed over it may be any. */
  get(index: number): string | undefined {
    return index >= this.#count ? undefined : this.#each === null ? this.#first : this.#each[index];
  }
}
