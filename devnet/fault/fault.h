/*
 * Faults that a test asks of a node: what is to go wrong, where, how often.
 *
 * They are rows of one table. A service asks the table at the one place where it takes a
 * request or is about to give an answer, and does what the row says. Without rows nothing is
 * asked. Rows are taken in the order in which they were set.
 */
#ifndef DEVNET_FAULT_H
#define DEVNET_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buffer.h"
#include "base/list.h"
#include "heddle/status.h"

#define DN_FAULT_KINDS(X)                                                                          \
    /* Of calls. */                                                                                \
    X(DELAY, "delay")       /* the request, or the next message of a stream, waits delay_ms */     \
    X(REFUSE, "refuse")     /* the call ends with the gRPC status code and text */                 \
    X(DROP, "drop")         /* the call is cut off: UNAVAILABLE, and nothing was done */           \
    X(SWALLOW, "swallow")   /* Broadcast: it is ordered, and the call cut off, not answered */     \
    X(STATUS, "status")     /* Deliver, Broadcast: answered with a common.Status and text */       \
    X(LOSE, "lose")         /* Broadcast: answered with SUCCESS and never ordered */               \
    X(DISAGREE, "disagree") /* ProcessProposal: a write is altered; with the text "response"       \
                               it is the response */                                               \
    /* Of a node, as long as they stand. */                                                        \
    X(HOLD, "hold")     /* a peer commits, an orderer cuts, no block from `height` on */           \
    X(LAG, "lag")       /* a peer stays `height` blocks behind */                                  \
    X(HEIGHT, "height") /* a peer says its height is `height` */                                   \
    X(AWAY, "away")     /* nothing listens on the node's port, and it does nothing */

typedef enum dn_fault_kind {
#define DN_X(name, text) DN_FAULT_##name,
    DN_FAULT_KINDS(DN_X)
#undef DN_X
        DN_FAULT_KIND_COUNT
} dn_fault_kind;

enum { DN_FAULT_NODE_SIZE = 128, DN_FAULT_METHOD_SIZE = 32, DN_FAULT_TEXT_SIZE = 256 };

/** All by value; what is not set does not narrow. */
typedef struct dn_fault {
    char node[DN_FAULT_NODE_SIZE]; /* "peer0.org1.example.com" */
    /** "ProcessProposal", "Deliver", "DeliverFiltered", "DeliverWithPrivateData", "Discover",
     *  "Broadcast", "Check"; "commit" of a peer and "cut" of an orderer are the making of a
     *  block, which can only be delayed. "": every call. */
    char method[DN_FAULT_METHOD_SIZE];
    dn_fault_kind kind;
    uint32_t times;    /* so many calls or messages, then the row is gone; 0: until cleared */
    uint32_t after;    /* of a stream: once it has carried so many messages; of other calls: let
                          so many pass first */
    uint64_t delay_ms; /* at most a day */
    int code;          /* REFUSE: of gRPC, 0: UNAVAILABLE. STATUS: of common.Status, 0: 503 */
    uint64_t height;
    char text[DN_FAULT_TEXT_SIZE];
} dn_fault;

const char *dn_fault_kind_name(dn_fault_kind kind);

/* How a call ends that met a fault: a code of gRPC, or for STATUS a common.Status, and text. */
int dn_fault_code(const dn_fault *fault);
const char *dn_fault_reason(const dn_fault *fault);

/** E_BAD_ARGUMENT says what does not fit together, without a look at the node. */
HEDDLE_MUST_USE heddle_status dn_fault_check(const dn_fault *fault, heddle_error *err);

/** Append "peer0.org1.example.com ProcessProposal refuse times=2 code=14 text=…". */
HEDDLE_MUST_USE heddle_status dn_fault_print(const dn_fault *fault, base_buffer *out);
/** The same backwards: "NODE METHOD KIND key=value … text=the rest"; METHOD "*" is every
 *  one, and may be left out where the kind has none. */
HEDDLE_MUST_USE heddle_status dn_fault_parse(heddle_view line, dn_fault *out, heddle_error *err);

/* The table. Any thread. */

typedef struct dn_faults dn_faults;

dn_faults *dn_faults_new(void);         /* NULL: no memory */
void dn_faults_free(dn_faults *faults); /* NULL is fine */

HEDDLE_MUST_USE heddle_status dn_faults_set(dn_faults *faults, const dn_fault *fault,
                                            heddle_error *err);
/** Forget the rows of a node, or with "" all. Gives their number. */
size_t dn_faults_clear(dn_faults *faults, const char *node);
/** The row at @p index; false beyond the last. */
bool dn_faults_at(dn_faults *faults, size_t index, dn_fault *out);

/** Told after each change, on the changing thread, without the table's lock. */
typedef struct dn_faults_watch {
    base_list link;
    void (*changed)(struct dn_faults_watch *watch);
} dn_faults_watch;
void dn_faults_watch_add(dn_faults *faults, dn_faults_watch *watch);
/** After it returns no call is under way. */
void dn_faults_watch_remove(dn_faults *faults, dn_faults_watch *watch);

/* What services ask. @p faults NULL: there are none. */

enum { DN_FAULT_UNARY = -1 };
#define DN_FAULT_BIT(name) (1U << DN_FAULT_##name)

/**
 * The first row of a kind in @p kinds that meets a call of @p method at @p node; it is used
 * up by one. @p carried: messages of the stream so far, or DN_FAULT_UNARY.
 */
bool dn_faults_meet(dn_faults *faults, const char *node, const char *method, unsigned kinds,
                    int64_t carried, dn_fault *out);

/** The height that the node tells: @p height, or what a row says. */
uint64_t dn_faults_height(dn_faults *faults, const char *node, uint64_t height);

/** The first row of the kind that stands for the node, without using it up. */
bool dn_faults_stand(dn_faults *faults, const char *node, dn_fault_kind kind, dn_fault *out);

#endif
