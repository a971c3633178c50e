/** The configuration of one broker, as `server.properties` text. */

/** A client-facing listener. */
export interface Listener {
  /** Kafka's name for the listener: capital letters. */
  readonly name: string;
  readonly protocol: "PLAINTEXT" | "SSL" | "SASL_PLAINTEXT" | "SASL_SSL";
  readonly port: number;
  /** Properties of this listener alone, without their `listener.name.<name>.` prefix. */
  readonly properties?: Readonly<Record<string, string>>;
}

/** One broker's place in its cluster. */
export interface Node {
  readonly id: number;
  readonly controllerPort: number;
  /** The first is also the one the brokers use among themselves. */
  readonly listeners: readonly Listener[];
}

/** What tells a broker apart from Kafka's defaults. Extra properties win. */
export function brokerProperties(
  node: Node,
  cluster: { nodes: readonly Node[]; dataDirectory: string; extra?: Readonly<Record<string, string>> },
): Record<string, string> {
  const replicas = String(cluster.nodes.length);
  const inSync = String(Math.max(1, cluster.nodes.length - 1));
  const addresses = node.listeners.map((listener) => `${listener.name}://127.0.0.1:${listener.port}`);
  const protocols = node.listeners.map((listener) => `${listener.name}:${listener.protocol}`);
  return {
    "process.roles": "broker,controller",
    "node.id": String(node.id),
    "broker.rack": `rack-${node.id}`,
    "controller.quorum.voters": cluster.nodes.map(({ id, controllerPort }) => `${id}@127.0.0.1:${controllerPort}`)
      .join(),
    "controller.listener.names": "CONTROLLER",
    "listeners": [...addresses, `CONTROLLER://127.0.0.1:${node.controllerPort}`].join(),
    "advertised.listeners": addresses.join(),
    "listener.security.protocol.map": [...protocols, "CONTROLLER:PLAINTEXT"].join(),
    "inter.broker.listener.name": node.listeners[0]!.name,
    "log.dirs": cluster.dataDirectory,
    "num.partitions": "4",
    "default.replication.factor": replicas,
    "auto.create.topics.enable": "true",
    "offsets.topic.num.partitions": "4",
    "offsets.topic.replication.factor": replicas,
    "transaction.state.log.num.partitions": "4",
    "transaction.state.log.replication.factor": replicas,
    "transaction.state.log.min.isr": inSync,
    "share.coordinator.state.topic.num.partitions": "4",
    "share.coordinator.state.topic.replication.factor": replicas,
    "share.coordinator.state.topic.min.isr": inSync,
    "group.initial.rebalance.delay.ms": "0",
    "group.min.session.timeout.ms": "1000",
    // Members of the newer protocol learn of a change with their next heartbeat, which is 5 seconds away by default.
    "group.consumer.min.heartbeat.interval.ms": "300",
    "group.consumer.heartbeat.interval.ms": "300",
    // librdkafka's member that closes while it joins may not leave: the group has to do without it for this long.
    "group.consumer.min.session.timeout.ms": "1000",
    "group.consumer.session.timeout.ms": "6000",
    // The same of share groups, and a message may be locked for a second only.
    "group.share.min.heartbeat.interval.ms": "300",
    "group.share.heartbeat.interval.ms": "300",
    "group.share.min.session.timeout.ms": "1000",
    "group.share.session.timeout.ms": "6000",
    "group.share.min.record.lock.duration.ms": "1000",
    // A broker that was killed may register again only when its session has run out.
    "broker.heartbeat.interval.ms": "1000",
    "broker.session.timeout.ms": "5000",
    ...Object.fromEntries(
      node.listeners.flatMap(({ name, properties }) =>
        Object.entries(properties ?? {}).map(([key, value]) => [`listener.name.${name.toLowerCase()}.${key}`, value])
      ),
    ),
    ...cluster.extra,
  };
}

/** The text of a Java properties file. */
export function propertiesText(properties: Readonly<Record<string, string>>): string {
  return Object.entries(properties).map(([key, value]) => `${key}=${value.replaceAll("\\", "\\\\")}\n`).join("");
}

/** Logging: everything that matters to the console, without the hundreds of lines that repeat the configuration. */
export const log4jProperties = `status=error
appender.console.type=Console
appender.console.name=console
appender.console.layout.type=PatternLayout
appender.console.layout.pattern=%d{HH:mm:ss.SSS} %p %c{1} %m%n
rootLogger.level=info
rootLogger.appenderRef.console.ref=console
logger.config.name=org.apache.kafka.common.config
logger.config.level=warn
logger.raftConfig.name=kafka.server.KafkaConfig
logger.raftConfig.level=warn
`;
