/* The few declarations of librdkafka's C interface that the baseline uses, so that it compiles against nothing but the
 * shared library the other clients load. */
#ifndef BENCH_LIBRDKAFKA_H
#define BENCH_LIBRDKAFKA_H

#include <stddef.h>
#include <stdint.h>

typedef struct rd_kafka_s rd_kafka_t;
typedef struct rd_kafka_conf_s rd_kafka_conf_t;
typedef struct rd_kafka_topic_s rd_kafka_topic_t;
typedef struct rd_kafka_queue_s rd_kafka_queue_t;
typedef struct rd_kafka_event_s rd_kafka_event_t;
typedef struct rd_kafka_headers_s rd_kafka_headers_t;
typedef struct rd_kafka_error_s rd_kafka_error_t;
typedef struct rd_kafka_topic_partition_list_s rd_kafka_topic_partition_list_t;
typedef struct rd_kafka_NewTopic_s rd_kafka_NewTopic_t;
typedef struct rd_kafka_DeleteTopic_s rd_kafka_DeleteTopic_t;
typedef struct rd_kafka_topic_result_s rd_kafka_topic_result_t;

typedef struct {
  int err;
  rd_kafka_topic_t *rkt;
  int32_t partition;
  void *payload;
  size_t len;
  void *key;
  size_t key_len;
  int64_t offset;
  void *_private;
} rd_kafka_message_t;

/* One field of a message for rd_kafka_produceva(). */
typedef struct {
  int vtype;
  union {
    rd_kafka_topic_t *rkt;
    int i;
    int32_t i32;
    struct {
      void *mem;
      size_t size;
    } mem;
    struct {
      const char *name;
      const void *val;
      ptrdiff_t size;
    } header;
    char _pad[64];
  } u;
} rd_kafka_vu_t;

enum { RD_KAFKA_PRODUCER = 0, RD_KAFKA_CONSUMER = 1 };
enum { RD_KAFKA_CONF_OK = 0 };
enum { RD_KAFKA_MSG_F_COPY = 2, RD_KAFKA_PARTITION_UA = -1 };
enum { RD_KAFKA_VTYPE_RKT = 2, RD_KAFKA_VTYPE_PARTITION, RD_KAFKA_VTYPE_VALUE };
enum { RD_KAFKA_VTYPE_MSGFLAGS = 7, RD_KAFKA_VTYPE_HEADER = 9 };
enum { RD_KAFKA_RESP_ERR__QUEUE_FULL = -184, RD_KAFKA_RESP_ERR__NOENT = -156 };

const char *rd_kafka_version_str(void);
const char *rd_kafka_err2str(int err);
int rd_kafka_last_error(void);

rd_kafka_conf_t *rd_kafka_conf_new(void);
int rd_kafka_conf_set(rd_kafka_conf_t *, const char *name, const char *value, char *errstr, size_t errstr_size);
void rd_kafka_conf_set_dr_msg_cb(rd_kafka_conf_t *, void (*)(rd_kafka_t *, const rd_kafka_message_t *, void *opaque));
rd_kafka_t *rd_kafka_new(int type, rd_kafka_conf_t *, char *errstr, size_t errstr_size);
void rd_kafka_destroy(rd_kafka_t *);
int rd_kafka_poll(rd_kafka_t *, int timeout_ms);
int rd_kafka_flush(rd_kafka_t *, int timeout_ms);

rd_kafka_topic_t *rd_kafka_topic_new(rd_kafka_t *, const char *topic, void *conf);
void rd_kafka_topic_destroy(rd_kafka_topic_t *);
const char *rd_kafka_topic_name(const rd_kafka_topic_t *);
int rd_kafka_produce(rd_kafka_topic_t *, int32_t partition, int flags, void *payload, size_t len, const void *key,
                     size_t key_len, void *opaque);
rd_kafka_error_t *rd_kafka_produceva(rd_kafka_t *, const rd_kafka_vu_t *, size_t count);
int rd_kafka_error_code(const rd_kafka_error_t *);
void rd_kafka_error_destroy(rd_kafka_error_t *);

int rd_kafka_poll_set_consumer(rd_kafka_t *);
rd_kafka_topic_partition_list_t *rd_kafka_topic_partition_list_new(int size);
void *rd_kafka_topic_partition_list_add(rd_kafka_topic_partition_list_t *, const char *topic, int32_t partition);
void rd_kafka_topic_partition_list_destroy(rd_kafka_topic_partition_list_t *);
int rd_kafka_subscribe(rd_kafka_t *, const rd_kafka_topic_partition_list_t *);
rd_kafka_message_t *rd_kafka_consumer_poll(rd_kafka_t *, int timeout_ms);
int rd_kafka_message_headers(const rd_kafka_message_t *, rd_kafka_headers_t **);
int rd_kafka_header_get_all(const rd_kafka_headers_t *, size_t index, const char **name, const void **value,
                            size_t *size);
void rd_kafka_message_destroy(rd_kafka_message_t *);
int rd_kafka_query_watermark_offsets(rd_kafka_t *, const char *topic, int32_t partition, int64_t *low, int64_t *high,
                                     int timeout_ms);
int rd_kafka_consumer_close(rd_kafka_t *);

rd_kafka_queue_t *rd_kafka_queue_new(rd_kafka_t *);
void rd_kafka_queue_destroy(rd_kafka_queue_t *);
rd_kafka_event_t *rd_kafka_queue_poll(rd_kafka_queue_t *, int timeout_ms);
int rd_kafka_event_error(rd_kafka_event_t *);
void rd_kafka_event_destroy(rd_kafka_event_t *);
rd_kafka_NewTopic_t *rd_kafka_NewTopic_new(const char *topic, int partitions, int replicas, char *errstr, size_t size);
void rd_kafka_NewTopic_destroy(rd_kafka_NewTopic_t *);
void rd_kafka_CreateTopics(rd_kafka_t *, rd_kafka_NewTopic_t **, size_t, const void *options, rd_kafka_queue_t *);
const void *rd_kafka_event_CreateTopics_result(rd_kafka_event_t *);
const rd_kafka_topic_result_t **rd_kafka_CreateTopics_result_topics(const void *result, size_t *count);
rd_kafka_DeleteTopic_t *rd_kafka_DeleteTopic_new(const char *topic);
void rd_kafka_DeleteTopic_destroy(rd_kafka_DeleteTopic_t *);
void rd_kafka_DeleteTopics(rd_kafka_t *, rd_kafka_DeleteTopic_t **, size_t, const void *options, rd_kafka_queue_t *);
const void *rd_kafka_event_DeleteTopics_result(rd_kafka_event_t *);
const rd_kafka_topic_result_t **rd_kafka_DeleteTopics_result_topics(const void *result, size_t *count);
int rd_kafka_topic_result_error(const rd_kafka_topic_result_t *);

#endif
