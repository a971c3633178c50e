/** What the parts of the `.proto` parser share: the words, and what can only be finished when the whole text was read. */
import type { DescMessage } from "@bufbuild/protobuf";
import type { FieldDescriptorProto, FileDescriptorProto } from "@bufbuild/protobuf/wkt";
import type { Tokens } from "./parse_tokens.ts";

/** Messages in messages, and values in options, nest no deeper: `protoc` allows the same. */
export const MAX_NESTING = 32;

/** A name of a type whose full name is found out later. */
export interface TypeLink {
  readonly field: FieldDescriptorProto;
  /** Which of the field's names it is. */
  readonly key: "typeName" | "extendee";
  /** The full name of what it stands in. */
  readonly scope: string;
  readonly at: number;
}

/** An option whose meaning is found out later: it may be an extension that this very file declares. */
export interface PendingOption {
  /** The message that its options are in. */
  readonly schema: DescMessage;
  /** The names between the dots; an extension's was in parentheses. */
  readonly path: readonly { readonly name: string; readonly isExtension: boolean }[];
  /** The value in Protobuf's text format, with the colon before it if it is no message. */
  readonly value: string;
  readonly scope: string;
  readonly at: number;
}

/** A descriptor that can have options, all of which are messages. */
export interface OptionTarget {
  options?: unknown;
}

/** A file that is being read. */
export interface Draft {
  readonly tokens: Tokens;
  readonly file: FileDescriptorProto;
  readonly links: TypeLink[];
  readonly options: Map<OptionTarget, PendingOption[]>;
}

/** The full name of what has a name in a scope. */
export function nameIn(scope: string, name: string): string {
  return scope === "" ? name : `${scope}.${name}`;
}
