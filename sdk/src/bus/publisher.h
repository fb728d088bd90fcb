/* Publishing to whoever listens, over nng. */
#ifndef BUS_PUBLISHER_H
#define BUS_PUBLISHER_H

#include "base/view.h"
#include "heddle/status.h"

/**
 * A pub socket. A message is the topic, one NUL, and the payload, so that a subscriber to
 * "heddle/mychannel/block" gets all that begin so. Subscribers that are away or slow miss
 * messages; publishing never blocks.
 */
typedef struct bus_publisher bus_publisher;

/** Listen on @p url: inproc://, ipc:///path, tcp://host:port. */
HEDDLE_MUST_USE heddle_status bus_publisher_open(const char *url, bus_publisher **out,
                                                 heddle_error *err);
void bus_publisher_close(bus_publisher *publisher); /* NULL is fine */

/** Both borrowed. Any thread. */
HEDDLE_MUST_USE heddle_status bus_publish(bus_publisher *publisher, const char *topic,
                                          heddle_view payload, heddle_error *err);

/** The URL listened on, with the port chosen for tcp://host:0. */
const char *bus_publisher_url(const bus_publisher *publisher);

#endif
