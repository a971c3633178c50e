/* The measure of all clients: the same workloads as client.ts in C, on the same shared library, with the same checks.
 *
 * Arguments are name=value: the names that begin with "bench." say what to do, all others configure librdkafka. One JSON
 * line comes out. */
#include "librdkafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

enum { MAX_PARTITIONS = 64, MAX_SETTINGS = 64, POLL_EVERY = 1000, MARK_SIZE = 8 };

#define HEADER_NAME "trace"

#define DIE(...) (fprintf(stderr, __VA_ARGS__), fputc('\n', stderr), exit(1))

/* ---- What to do ---------------------------------------------------------------------------------------------- */

static const char *workload = "", *topic_name = "", *group_id = "";
static uint32_t messages, value_size;
static int has_header;
static int partitions, idle_seconds;
static const char *settings[MAX_SETTINGS][2];
static int setting_count;

static void read_arguments(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    char *equals = strchr(argv[i], '=');
    if (!equals) DIE("Cannot read the argument \"%s\": expected name=value", argv[i]);
    *equals = '\0';
    const char *name = argv[i], *value = equals + 1;
    if (!strcmp(name, "bench.workload")) workload = value;
    else if (!strcmp(name, "bench.topic")) topic_name = value;
    else if (!strcmp(name, "bench.group")) group_id = value;
    else if (!strcmp(name, "bench.messages")) messages = (uint32_t)atol(value);
    else if (!strcmp(name, "bench.value.size")) value_size = (uint32_t)atol(value);
    else if (!strcmp(name, "bench.partitions")) partitions = atoi(value);
    else if (!strcmp(name, "bench.idle.seconds")) idle_seconds = atoi(value);
    else if (!strncmp(name, "bench.", 6)) continue; /* for clients that send or read in batches */
    else if (setting_count == MAX_SETTINGS) DIE("Cannot take more than %d settings", MAX_SETTINGS);
    else settings[setting_count][0] = name, settings[setting_count++][1] = value;
  }
  size_t length = strlen(workload);
  has_header = length > 7 && !strcmp(workload + length - 7, "-header");
  if (partitions < 1 || partitions > MAX_PARTITIONS) DIE("Cannot use %d partitions", partitions);
  if (value_size < 9) DIE("Cannot mark values of %u bytes: 9 is the least", value_size);
}

/* ---- The clock ----------------------------------------------------------------------------------------------- */

static double clock_seconds(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double cpu_seconds(void) {
  struct rusage u;
  getrusage(RUSAGE_SELF, &u);
  return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) + (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6;
}

static double started_at, started_cpu, seconds, cpu;

static void start_clock(void) {
  started_cpu = cpu_seconds();
  started_at = clock_seconds(CLOCK_MONOTONIC);
}

static void stop_clock(void) {
  seconds = clock_seconds(CLOCK_MONOTONIC) - started_at;
  cpu = cpu_seconds() - started_cpu;
}

/* ru_maxrss survives exec() and would show the size of whoever started this program; the kernel's high-water mark does not. */
static long peak_rss_bytes(void) {
  char line[256];
  long kilobytes = -1;
  FILE *file = fopen("/proc/self/status", "r");
  if (!file) return -1;
  while (fgets(line, sizeof line, file))
    if (sscanf(line, "VmHWM: %ld kB", &kilobytes) == 1) break;
  fclose(file);
  return kilobytes * 1024;
}

/* ---- The messages, and the proof that each came once and in order -------------------------------------------- */

static uint32_t mark_of(uint32_t sequence) { return sequence * 0x9E3779B1u; }

static void write_mark(unsigned char *bytes, uint32_t sequence) {
  uint32_t mark = mark_of(sequence);
  for (int i = 0; i < 4; i++) {
    bytes[i] = (unsigned char)(sequence >> (8 * i));
    bytes[4 + i] = (unsigned char)(mark >> (8 * i));
  }
}

static void write_value(unsigned char *value, uint32_t sequence) {
  write_mark(value, sequence);
  value[value_size - 1] = (unsigned char)(sequence ^ 0x5A);
}

static unsigned char *seen;
static uint32_t seen_count, warm_count;
static int64_t next_offset[MAX_PARTITIONS];
static int64_t last_sequence[MAX_PARTITIONS];

static void expect_messages(void) {
  seen = calloc(messages ? messages : 1, 1);
  if (!seen) DIE("Cannot allocate the list of messages seen");
  for (int i = 0; i < MAX_PARTITIONS; i++) last_sequence[i] = -1;
}

/* Warm-up records, one in each partition, are told from the others by their size. */
static void check_message(const rd_kafka_message_t *m) {
  if (m->err) DIE("A message failed: %s", rd_kafka_err2str(m->err));
  if (m->partition < 0 || m->partition >= partitions) DIE("Unexpected partition %d", m->partition);
  if (m->offset != next_offset[m->partition]++)
    DIE("Gap in partition %d: offset %lld", m->partition, (long long)m->offset);
  if (m->len != value_size) {
    if (m->len != 4 || memcmp(m->payload, "warm", 4)) DIE("Unexpected value of %zu bytes", m->len);
    warm_count++;
    return;
  }
  const unsigned char *v = m->payload;
  uint32_t sequence = v[0] | v[1] << 8 | v[2] << 16 | (uint32_t)v[3] << 24;
  uint32_t mark = v[4] | v[5] << 8 | v[6] << 16 | (uint32_t)v[7] << 24;
  if (sequence >= messages || mark != mark_of(sequence) || v[value_size - 1] != (unsigned char)(sequence ^ 0x5A))
    DIE("Damaged value at offset %lld of partition %d", (long long)m->offset, m->partition);
  if (seen[sequence]++) DIE("Message %u came twice", sequence);
  if ((int64_t)sequence <= last_sequence[m->partition]) DIE("Message %u is out of order", sequence);
  last_sequence[m->partition] = sequence;
  seen_count++;
}

/* ---- Clients ------------------------------------------------------------------------------------------------- */

static rd_kafka_t *open_client(int type, void (*on_delivery)(rd_kafka_t *, const rd_kafka_message_t *, void *)) {
  char errstr[512];
  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  for (int i = 0; i < setting_count; i++) {
    /* "producer." and "consumer." let one list configure both, where a workload has both. */
    const char *name = settings[i][0];
    if (!strncmp(name, "producer.", 9)) {
      if (type != RD_KAFKA_PRODUCER) continue;
      name += 9;
    } else if (!strncmp(name, "consumer.", 9)) {
      if (type != RD_KAFKA_CONSUMER) continue;
      name += 9;
    }
    if (rd_kafka_conf_set(conf, name, settings[i][1], errstr, sizeof errstr) != RD_KAFKA_CONF_OK)
      DIE("Cannot set \"%s\": %s", name, errstr);
  }
  if (type == RD_KAFKA_CONSUMER &&
      rd_kafka_conf_set(conf, "group.id", group_id, errstr, sizeof errstr) != RD_KAFKA_CONF_OK)
    DIE("Cannot set \"group.id\": %s", errstr);
  if (on_delivery) rd_kafka_conf_set_dr_msg_cb(conf, on_delivery);
  rd_kafka_t *rk = rd_kafka_new(type, conf, errstr, sizeof errstr);
  if (!rk) DIE("Cannot open a client: %s", errstr);
  return rk;
}

static void on_delivery(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque) {
  (void)rk, (void)opaque;
  check_message(message);
}

static void produce_one(rd_kafka_t *rk, rd_kafka_topic_t *topic, int32_t partition, void *value, size_t size) {
  while (rd_kafka_produce(topic, partition, RD_KAFKA_MSG_F_COPY, value, size, NULL, 0, NULL) == -1) {
    if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL)
      DIE("Cannot produce: %s", rd_kafka_err2str(rd_kafka_last_error()));
    rd_kafka_poll(rk, 10);
  }
}

/* The same with one header that repeats the mark of the value. */
static void produce_with_header(rd_kafka_t *rk, rd_kafka_topic_t *topic, void *value, uint32_t sequence) {
  unsigned char mark[MARK_SIZE];
  write_mark(mark, sequence);
  rd_kafka_vu_t fields[] = {
      {RD_KAFKA_VTYPE_RKT, {.rkt = topic}},
      {RD_KAFKA_VTYPE_MSGFLAGS, {.i = RD_KAFKA_MSG_F_COPY}},
      {RD_KAFKA_VTYPE_VALUE, {.mem = {value, value_size}}},
      {RD_KAFKA_VTYPE_HEADER, {.header = {HEADER_NAME, mark, MARK_SIZE}}},
  };
  rd_kafka_error_t *error;
  while ((error = rd_kafka_produceva(rk, fields, sizeof fields / sizeof *fields))) {
    int code = rd_kafka_error_code(error);
    rd_kafka_error_destroy(error);
    if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) DIE("Cannot produce: %s", rd_kafka_err2str(code));
    rd_kafka_poll(rk, 10);
  }
}

/* Connects and learns the topic's leaders before the clock starts, as every client does here. */
static void warm_up(rd_kafka_t *rk, rd_kafka_topic_t *topic) {
  for (int p = 0; p < partitions; p++) produce_one(rk, topic, p, "warm", 4);
  rd_kafka_flush(rk, 60000);
  if ((int)warm_count != partitions) DIE("Only %u of %d warm-up messages were delivered", warm_count, partitions);
}

static void close_producer(rd_kafka_t *rk, rd_kafka_topic_t *topic) {
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(rk);
}

static rd_kafka_t *open_consumer(void) {
  rd_kafka_t *rk = open_client(RD_KAFKA_CONSUMER, NULL);
  rd_kafka_poll_set_consumer(rk);
  rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
  rd_kafka_topic_partition_list_add(topics, topic_name, RD_KAFKA_PARTITION_UA);
  int err = rd_kafka_subscribe(rk, topics);
  if (err) DIE("Cannot subscribe: %s", rd_kafka_err2str(err));
  rd_kafka_topic_partition_list_destroy(topics);
  return rk;
}

static void close_consumer(rd_kafka_t *rk) {
  int err = rd_kafka_consumer_close(rk);
  if (err) DIE("Cannot close the consumer: %s", rd_kafka_err2str(err));
  rd_kafka_destroy(rk);
}

/* ---- Workloads ----------------------------------------------------------------------------------------------- */

static void produce(void) {
  rd_kafka_t *rk = open_client(RD_KAFKA_PRODUCER, on_delivery);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, topic_name, NULL);
  unsigned char *value = malloc(value_size);
  memset(value, 'k', value_size);
  expect_messages();
  warm_up(rk, topic);

  start_clock();
  for (uint32_t i = 0; i < messages; i++) {
    write_value(value, i);
    if (has_header) produce_with_header(rk, topic, value, i);
    else produce_one(rk, topic, RD_KAFKA_PARTITION_UA, value, value_size);
    if (i % POLL_EVERY == POLL_EVERY - 1) rd_kafka_poll(rk, 0);
  }
  rd_kafka_flush(rk, 60000);
  stop_clock();

  if (seen_count != messages) DIE("Only %u of %u messages were delivered", seen_count, messages);
  free(value);
  close_producer(rk, topic);
}

static const char *last_topic;

static void check_header(const rd_kafka_message_t *m, const rd_kafka_headers_t *headers) {
  const char *name;
  const void *mark;
  size_t size;
  if (rd_kafka_header_get_all(headers, 0, &name, &mark, &size) || strcmp(name, HEADER_NAME) || size != MARK_SIZE ||
      m->len < MARK_SIZE || memcmp(mark, m->payload, MARK_SIZE))
    DIE("Unexpected header at offset %lld", (long long)m->offset);
  if (!rd_kafka_header_get_all(headers, 1, &name, &mark, &size))
    DIE("More than one header at offset %lld", (long long)m->offset);
}

static void touch_message(const rd_kafka_message_t *m) {
  rd_kafka_headers_t *headers = NULL;
  last_topic = rd_kafka_topic_name(m->rkt);
  int err = rd_kafka_message_headers(m, &headers);
  int is_expected = has_header && m->len == value_size;
  if (m->key || err != (is_expected ? 0 : RD_KAFKA_RESP_ERR__NOENT))
    DIE("Unexpected key or headers at offset %lld", (long long)m->offset);
  if (is_expected) check_header(m, headers);
  check_message(m);
}

/* The reading stopped at the last message wanted: nothing may lie behind it. */
static void check_end(rd_kafka_t *rk) {
  int64_t low, high, held = 0;
  for (int p = 0; p < partitions; p++) {
    int err = rd_kafka_query_watermark_offsets(rk, topic_name, p, &low, &high, 10000);
    if (err) DIE("Cannot ask for the end of partition %d: %s", p, rd_kafka_err2str(err));
    held += high;
  }
  if (held != (int64_t)seen_count + warm_count) DIE("The topic holds %lld messages", (long long)held);
}

/* The clock starts when the first message is in hand, and that message is not counted. */
static uint32_t consume(void) {
  rd_kafka_t *rk = open_consumer();
  expect_messages();
  uint32_t first = 0;
  double deadline = clock_seconds(CLOCK_MONOTONIC) + 60;
  while (seen_count < messages) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(rk, 1000);
    if (!m) {
      if (clock_seconds(CLOCK_MONOTONIC) > deadline) DIE("Only %u of %u messages came", seen_count, messages);
      continue;
    }
    touch_message(m);
    rd_kafka_message_destroy(m);
    if (!first && seen_count) first = seen_count, start_clock();
  }
  stop_clock();
  if (strcmp(last_topic, topic_name)) DIE("Unexpected topic \"%s\"", last_topic);
  check_end(rk);
  close_consumer(rk);
  return messages - first;
}

static double *latencies;

static int by_size(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return x < y ? -1 : x > y;
}

/* A tenth as many sends again go before, unmeasured. */
static void send_latency(void) {
  rd_kafka_t *rk = open_client(RD_KAFKA_PRODUCER, on_delivery);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(rk, topic_name, NULL);
  unsigned char *value = malloc(value_size);
  memset(value, 'k', value_size);
  uint32_t measured = messages, unmeasured = messages / 10;
  messages += unmeasured;
  expect_messages();
  latencies = calloc(messages, sizeof *latencies);
  warm_up(rk, topic);

  for (uint32_t i = 0; i < messages; i++) {
    if (i == unmeasured) start_clock();
    double before = clock_seconds(CLOCK_MONOTONIC);
    write_value(value, i);
    produce_one(rk, topic, RD_KAFKA_PARTITION_UA, value, value_size);
    while (seen_count == i) rd_kafka_poll(rk, 1000);
    latencies[i] = (clock_seconds(CLOCK_MONOTONIC) - before) * 1e3;
  }
  stop_clock();
  messages = measured;
  latencies += unmeasured;
  qsort(latencies, messages, sizeof *latencies, by_size);
  close_producer(rk, topic);
}

/* A connected producer and a consumer that waits for messages which do not come. */
static void idle(void) {
  rd_kafka_t *producer = open_client(RD_KAFKA_PRODUCER, on_delivery);
  rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, topic_name, NULL);
  expect_messages();
  warm_up(producer, topic);
  memset(next_offset, 0, sizeof next_offset);
  rd_kafka_t *consumer = open_consumer();
  while ((int)warm_count < 2 * partitions) {
    rd_kafka_message_t *m = rd_kafka_consumer_poll(consumer, 30000);
    if (!m) DIE("The consumer did not connect");
    check_message(m);
    rd_kafka_message_destroy(m);
  }
  double settled = clock_seconds(CLOCK_MONOTONIC) + 1;
  double end = settled + idle_seconds;
  for (int running = 0;;) {
    double now = clock_seconds(CLOCK_MONOTONIC);
    if (now >= end) break;
    if (!running && now >= settled) running = 1, start_clock();
    double until = running ? end : settled;
    if (rd_kafka_consumer_poll(consumer, (int)((until - now) * 1e3) + 1)) DIE("Unexpected message");
  }
  stop_clock();
  messages = 0;
  close_producer(producer, topic);
  close_consumer(consumer);
}

static double percentile(double p) {
  uint32_t rank = (uint32_t)(p * messages + 0.999999);
  return latencies[rank ? rank - 1 : 0];
}

int main(int argc, char **argv) {
  read_arguments(argc, argv);
  uint32_t counted = messages;
  if (!strncmp(workload, "produce-", 8) || !strncmp(workload, "send-each", 9)) produce();
  else if (!strncmp(workload, "consume-", 8)) counted = consume();
  else if (!strcmp(workload, "send-latency")) send_latency();
  else if (!strcmp(workload, "idle")) idle(), counted = 0;
  else DIE("Unknown workload \"%s\"", workload);

  printf("{\"runtime\":\"C\",\"librdkafka\":\"%s\",\"messages\":%u,\"counted\":%u,\"seconds\":%.6f,\"cpuSeconds\":%.6f,"
         "\"peakRssBytes\":%ld",
         rd_kafka_version_str(), messages, counted, seconds, cpu, peak_rss_bytes());
  if (latencies) printf(",\"p50Ms\":%.4f,\"p99Ms\":%.4f", percentile(0.50), percentile(0.99));
  printf("}\n");
  return 0;
}
