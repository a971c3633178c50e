/** Header names that were read before, so that the same bytes are not decoded for each message. */

const decoder = new TextDecoder();

/** A program that gives each message names of its own would have them all kept. */
const maxPlaces = 64;

/** A name, with the bytes it was read from. */
export interface KnownName {
  readonly text: string;
  readonly bytes: Uint8Array;
}

/** The last name in each place of a message's headers: most messages of a topic have the same ones. */
export class KnownNames {
  readonly #names: KnownName[] = [];

  /** The last name of a place, if it stands at `start` too. More may follow. */
  find(place: number, bytes: Uint8Array, start: number): KnownName | undefined {
    const known = this.#names[place];
    if (known === undefined) return undefined;
    const { length } = known.bytes;
    for (let i = 0; i < length; i++) if (bytes[start + i] !== known.bytes[i]) return undefined;
    return known;
  }

  /** Reads the name between two indexes, and keeps it. */
  read(place: number, bytes: Uint8Array, start: number, end: number): string {
    // Not a view: it would keep all that was fetched.
    const name = bytes.slice(start, end);
    const known = { text: decoder.decode(name), bytes: name };
    if (place < maxPlaces) this.#names[place] = known;
    return known.text;
  }
}
