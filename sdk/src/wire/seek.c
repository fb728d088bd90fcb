#include "wire/seek.h"

#include "base/fail.h"
#include "orderer/ab.pb-c.h"
#include "wire/codec.h"

/* A position with the messages that its oneof may point to. */
typedef struct position_draft {
    Orderer__SeekPosition position;
    Orderer__SeekNewest newest;
    Orderer__SeekOldest oldest;
    Orderer__SeekSpecified specified;
    Orderer__SeekNextCommit next_commit;
} position_draft;

static Orderer__SeekPosition *fill_position(position_draft *draft, wire_seek_position from)
{
    Orderer__SeekPosition *position = &draft->position;
    orderer__seek_position__init(position);
    switch (from.place) {
    case WIRE_SEEK_NONE:
        return NULL;
    case WIRE_SEEK_OLDEST:
        orderer__seek_oldest__init(&draft->oldest);
        position->type_case = ORDERER__SEEK_POSITION__TYPE_OLDEST;
        position->oldest = &draft->oldest;
        break;
    case WIRE_SEEK_NEWEST:
        orderer__seek_newest__init(&draft->newest);
        position->type_case = ORDERER__SEEK_POSITION__TYPE_NEWEST;
        position->newest = &draft->newest;
        break;
    case WIRE_SEEK_NUMBER:
        orderer__seek_specified__init(&draft->specified);
        draft->specified.number = from.number;
        position->type_case = ORDERER__SEEK_POSITION__TYPE_SPECIFIED;
        position->specified = &draft->specified;
        break;
    case WIRE_SEEK_NEXT_COMMIT:
        orderer__seek_next_commit__init(&draft->next_commit);
        position->type_case = ORDERER__SEEK_POSITION__TYPE_NEXT_COMMIT;
        position->next_commit = &draft->next_commit;
        break;
    }
    return position;
}

heddle_status wire_seek_write(const wire_seek *seek, base_arena *arena, heddle_view *out,
                              heddle_error *err)
{
    position_draft start, stop;
    wire_seek_position end = seek->stop;
    if (end.place == WIRE_SEEK_NONE)
        end = (wire_seek_position){WIRE_SEEK_NUMBER, UINT64_MAX};
    Orderer__SeekInfo message = ORDERER__SEEK_INFO__INIT;
    message.start = fill_position(&start, seek->start);
    message.stop = fill_position(&stop, end);
    if (seek->fail_if_not_ready)
        message.behavior = ORDERER__SEEK_INFO__SEEK_BEHAVIOR__FAIL_IF_NOT_READY;
    if (seek->best_effort)
        message.error_response = ORDERER__SEEK_INFO__SEEK_ERROR_RESPONSE__BEST_EFFORT;
    if (seek->headers_only)
        message.content_type = ORDERER__SEEK_INFO__SEEK_CONTENT_TYPE__HEADER_WITH_SIG;
    return wire_encode_arena(&message.base, arena, out, err);
}

static wire_seek_position read_position(const Orderer__SeekPosition *position)
{
    switch (position ? position->type_case : ORDERER__SEEK_POSITION__TYPE__NOT_SET) {
    case ORDERER__SEEK_POSITION__TYPE_OLDEST:
        return (wire_seek_position){.place = WIRE_SEEK_OLDEST};
    case ORDERER__SEEK_POSITION__TYPE_NEWEST:
        return (wire_seek_position){.place = WIRE_SEEK_NEWEST};
    case ORDERER__SEEK_POSITION__TYPE_SPECIFIED:
        return (wire_seek_position){WIRE_SEEK_NUMBER, position->specified->number};
    case ORDERER__SEEK_POSITION__TYPE_NEXT_COMMIT:
        return (wire_seek_position){.place = WIRE_SEEK_NEXT_COMMIT};
    default:
        return (wire_seek_position){.place = WIRE_SEEK_NONE};
    }
}

heddle_status wire_seek_read(heddle_view bytes, base_arena *arena, wire_seek *out,
                             heddle_error *err)
{
    Orderer__SeekInfo *message;
    BASE_TRY(wire_decode(orderer__seek_info, bytes, arena, &message, err));
    *out = (wire_seek){
        .start = read_position(message->start),
        .stop = read_position(message->stop),
        .fail_if_not_ready =
            message->behavior == ORDERER__SEEK_INFO__SEEK_BEHAVIOR__FAIL_IF_NOT_READY,
        .best_effort =
            message->error_response == ORDERER__SEEK_INFO__SEEK_ERROR_RESPONSE__BEST_EFFORT,
        .headers_only =
            message->content_type == ORDERER__SEEK_INFO__SEEK_CONTENT_TYPE__HEADER_WITH_SIG,
    };
    return HEDDLE_OK;
}
