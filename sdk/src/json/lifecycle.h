/* What chaincodes of the peer itself are called with, answer and write: _lifecycle, and lscc of
 * the time before. */
#ifndef JSON_LIFECYCLE_H
#define JSON_LIFECYCLE_H

#include "json/nested.h"

json_nested json_lifecycle_argument(const json_frame *input);  /* ChaincodeInput.args */
json_nested json_lifecycle_result(const json_frame *response); /* Response.payload */
json_nested json_lifecycle_write(const json_frame *write);     /* KVWrite.value */
json_nested json_lifecycle_record(const json_frame *data);     /* StateData.Bytes */

#endif
