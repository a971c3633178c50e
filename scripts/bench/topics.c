/* Creates or deletes one topic and waits for the answer: topics <library's bootstrap.servers> create|delete <topic> <partitions> */
#include "librdkafka.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fail(const char *what, const char *why) {
  fprintf(stderr, "Cannot %s: %s\n", what, why);
  return 1;
}

int main(int argc, char **argv) {
  char errstr[512] = "";
  if (argc != 5) return fail("start", "expected <bootstrap.servers> create|delete <topic> <partitions>");
  const char *verb = argv[2], *topic = argv[3];

  rd_kafka_conf_t *conf = rd_kafka_conf_new();
  if (rd_kafka_conf_set(conf, "bootstrap.servers", argv[1], errstr, sizeof errstr) != RD_KAFKA_CONF_OK)
    return fail("configure", errstr);
  rd_kafka_t *rk = rd_kafka_new(RD_KAFKA_PRODUCER, conf, errstr, sizeof errstr);
  if (!rk) return fail("open a client", errstr);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(rk);

  if (!strcmp(verb, "create")) {
    rd_kafka_NewTopic_t *request = rd_kafka_NewTopic_new(topic, atoi(argv[4]), 1, errstr, sizeof errstr);
    if (!request) return fail("describe the topic", errstr);
    rd_kafka_CreateTopics(rk, &request, 1, NULL, queue);
    rd_kafka_NewTopic_destroy(request);
  } else if (!strcmp(verb, "delete")) {
    rd_kafka_DeleteTopic_t *request = rd_kafka_DeleteTopic_new(topic);
    rd_kafka_DeleteTopics(rk, &request, 1, NULL, queue);
    rd_kafka_DeleteTopic_destroy(request);
  } else {
    return fail("choose what to do", verb);
  }

  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, 60000);
  if (!event) return fail(verb, "no answer within 60 s");
  int err = rd_kafka_event_error(event);
  if (!err) {
    const void *result = rd_kafka_event_CreateTopics_result(event);
    size_t count = 0;
    const rd_kafka_topic_result_t **topics =
        result ? rd_kafka_CreateTopics_result_topics(result, &count)
               : rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(event), &count);
    if (count != 1) return fail(verb, "the answer does not name the topic");
    err = rd_kafka_topic_result_error(topics[0]);
  }
  rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  rd_kafka_destroy(rk);
  return err ? fail(verb, rd_kafka_err2str(err)) : 0;
}
