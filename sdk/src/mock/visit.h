/* One chaincode's part in one transaction: it answers its requests, as a peer does. */
#ifndef MOCK_VISIT_H
#define MOCK_VISIT_H

#include "chaincode/port.h"
#include "mock/channel.h"

typedef struct mock_query mock_query;

typedef struct mock_visit {
    struct mock_visit *caller; /* NULL: the client */
    heddle_cc_mock_tx *tx;
    heddle_cc_mock *mock; /* the channel that it is on */
    mock_sim *sim;
    const mock_chaincode *chaincode;
    heddle_view ns;
    base_list queries; /* open ones */
    size_t queries_made;
    size_t answered; /* bytes */
    bool is_init;    /* not of an Invoke */
    bool is_gone;    /* the peer */
    bool has_failed;
    heddle_error failure; /* of something posted */
} mock_visit;

/** "GET_STATE", …; NULL if a chaincode has no business sending this. */
const char *mock_request_name(int type);

/** The answer's payload, in the transaction's arena; an error in the peer's words. */
HEDDLE_MUST_USE heddle_status mock_serve(mock_visit *visit, int type, heddle_view payload,
                                         heddle_view *out, heddle_error *err);

/* Queries; each gives the bytes of a QueryResponse. */

/** @p page_size: how many results at most (0: the peer's limit). @p paginated: all at once, with a
 *  bookmark. */
HEDDLE_MUST_USE heddle_status mock_query_range(mock_visit *visit, mock_range *range, bool paginated,
                                               int32_t page_size, heddle_view *out,
                                               heddle_error *err);
HEDDLE_MUST_USE heddle_status mock_query_history(mock_visit *visit, heddle_view key,
                                                 heddle_view *out, heddle_error *err);
HEDDLE_MUST_USE heddle_status mock_query_next(mock_visit *visit, const char *id, heddle_view *out,
                                              heddle_error *err);
HEDDLE_MUST_USE heddle_status mock_query_close(mock_visit *visit, const char *id, heddle_view *out,
                                               heddle_error *err);

/** The chaincode that the bytes of a ChaincodeSpec name; the bytes of its last message. */
HEDDLE_MUST_USE heddle_status mock_invoke(mock_visit *visit, heddle_view payload, heddle_view *out,
                                          heddle_error *err);

#endif
